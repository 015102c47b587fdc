import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grainOfPolicy, type Window } from '../../../src/rate-limit/windows/window.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { type CountingProcess, startCountingProcess } from '../../support/window-store/counting-process.js';

const RUNS = 20;

describeWithRedis('two processes that share Redis', () => {
  let server: RedisServer;
  let processes: CountingProcess[];

  beforeAll(async () => {
    server = await startRedis();
    processes = await Promise.all([startCountingProcess([server.url]), startCountingProcess([server.url])]);
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await server.stop();
  });

  async function admitted(limit: number, exact: boolean): Promise<number> {
    const window: Window = {
      key: `rl:{${randomUUID()}}`,
      limit,
      windowMs: 60_000,
      grain: grainOfPolicy({ limit, exact }),
    };
    const counts = await Promise.all(processes.map((one) => one.admitted({ window, requests: 500 })));
    return counts.reduce((sum, count) => sum + count);
  }

  it('admit exactly the limit of a thousand at once when it is exact', async () => {
    const totals = [];
    for (let run = 0; run < RUNS; run++) totals.push(await admitted(5, true));
    expect(totals).toEqual(Array(RUNS).fill(5));
  });

  it('admit at least the limit and at most 2 % more when it is bounded', async () => {
    for (let run = 0; run < RUNS; run++) {
      const total = await admitted(100, false);
      expect(total).toBeGreaterThanOrEqual(100);
      expect(total).toBeLessThanOrEqual(102);
    }
  });
});
