import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grainOf, type Window } from '../../../src/rate-limit/windows/window.js';
import { RACE_ROUNDS } from '../../support/races/race-rounds.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { eventually } from '../../support/time/eventually.js';
import { type CountingProcess, startCountingProcess } from '../../support/window-store/counting-process.js';

describeWithRedis('three processes that lease permits of one window', () => {
  let server: RedisServer;
  let processes: CountingProcess[];

  beforeAll(async () => {
    server = await startRedis();
    processes = await Promise.all([1, 2, 3].map(() => startCountingProcess([server.url])));
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await server.stop();
  });

  const windowOf = (limit: number): Window => ({
    key: `rl:{${randomUUID()}}`,
    limit,
    windowMs: 60_000,
    grain: grainOf(limit),
  });

  /** Makes requests at once in every process; returns how many were admitted in all. */
  async function admitted(window: Window, requestsEach: number): Promise<number> {
    const counts = await Promise.all(
      processes.map((one) => one.admitted({ window, requests: requestsEach })),
    );
    return counts.reduce((sum, count) => sum + count);
  }

  it('admit at most 2 % more than the limit of a thousand at once, and all of it soon after', async () => {
    for (let round = 0; round < RACE_ROUNDS; round++) {
      const window = windowOf(300);
      let total = 0;
      // Each process asks a few times in a row, so that it holds permits when the burst comes.
      for (let request = 0; request < 5; request++) total += await admitted(window, 1);
      expect(total).toBe(15);
      total += await admitted(window, 334);
      expect(total).toBeLessThanOrEqual(306);
      await eventually(
        async () => {
          total += await admitted(window, 1);
          expect(total).toBeGreaterThanOrEqual(300);
        },
        { timeoutMs: 5000 },
      );
      expect(total + (await admitted(window, 20))).toBeLessThanOrEqual(306);
    }
  });

  it('count the permits of a process that is killed, and no others', async () => {
    const window = windowOf(100);
    const killed = await startCountingProcess([server.url]);
    for (let request = 0; request < 4; request++)
      expect(await killed.admitted({ window, requests: 1 })).toBe(1);
    await killed.kill();
    const total = await admitted(window, 100);
    expect(total).toBeGreaterThanOrEqual(100 - 3 - 10);
    expect(total).toBeLessThanOrEqual(102 - 3 - 10);
  });
});
