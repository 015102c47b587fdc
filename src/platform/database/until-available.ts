import { Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../errors/problem.js';
import { isDatabaseUnavailable } from './database-problem.js';

/** Less than the time limit of a drain, so that a start that is told to stop has ended by then. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 250;

/**
 * Retries a step of the start whose statements exceeded the deadlines for requests, because other instances are
 * starting or the machine is busy. After 20 s throws the error of the last attempt; throws any other error at once.
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
