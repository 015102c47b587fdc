import { Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../errors/problem.js';
import { isDatabaseUnavailable } from './database-problem.js';

/** Less than the time that a drain may take, so that a start which is told to end is over by then. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 250;

/**
 * Repeats a step of the start whose statements ran into the deadlines of requests, because other instances start at the
 * same time or the machine is busy. Throws what the last attempt threw once 20 s are over, and any other error at once.
 */
export async function untilAvailable<T>(step: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      const cause = error instanceof Problem ? error.cause : error;
      if (!isDatabaseUnavailable(cause) || performance.now() > deadlineMs) throw error;
      new Logger('Database').log('A step of the start is repeated: PostgreSQL did not answer in time.');
      await wait(PAUSE_MS);
    }
  }
}
