import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CountingOrder } from './counting-program.js';

const PROGRAM = fileURLToPath(new URL('counting-program.ts', import.meta.url));

/** Another process that shares a Redis server. */
export interface CountingProcess {
  /** Makes the requests of the order at once; returns how many were admitted. Throws if one could not be counted. */
  admitted(order: CountingOrder): Promise<number>;
  /** Ends it like a crash, which gives nothing back. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startCountingProcess(redisUrls: readonly string[]): Promise<CountingProcess> {
  const child = fork(PROGRAM, redisUrls, { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error('The counting process ended before it was ready.');
  });
  await Promise.race([once(child, 'message'), ended]);
  return {
    admitted: async (order) => {
      const answer = once(child, 'message');
      child.send(order);
      const [admitted] = (await answer) as [number | string];
      if (typeof admitted === 'string') throw new Error(admitted);
      return admitted;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
    },
    stop: async () => {
      child.disconnect();
      await ended.catch(() => undefined);
    },
  };
}
