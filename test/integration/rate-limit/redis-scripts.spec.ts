import { fc } from '@fast-check/vitest';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONSUME, REFUND } from '../../../src/rate-limit/windows/redis-scripts.js';
import { MemoryWindows } from '../../../src/rate-limit/windows/memory-windows.js';
import { grainOfPolicy, type Window } from '../../../src/rate-limit/windows/window.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';

const WINDOW_MS = 60_000;

/** The unchanged script, except that the test passes the time as the last argument in milliseconds. */
const inOurTime = (lua: string) =>
  lua.replace("redis.call('TIME')", '{ math.floor(ARGV[#ARGV] / 1000), ARGV[#ARGV] % 1000 * 1000 }');

const windowOf = (limit: number, exact: boolean): Window => ({
  key: `rl:{${randomUUID()}}`,
  limit,
  windowMs: WINDOW_MS,
  grain: grainOfPolicy({ limit, exact }),
});

describeWithRedis('the script that consumes', () => {
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  async function consume(
    windows: readonly Window[],
    nowMs: number,
    { deadlineUs = 0, aheadUs = 0 } = {},
  ): Promise<number[]> {
    const args = windows.flatMap(({ limit, windowMs, grain }) => [limit, windowMs * 1000, grain, 0, 0]);
    const keys = windows.map(({ key }) => key);
    const plan = String.fromCharCode(windows.length, ...windows.map((_, index) => index + 1));
    return (await redis.eval(
      inOurTime(CONSUME.lua),
      keys.length,
      ...keys,
      deadlineUs,
      aheadUs,
      plan,
      ...args,
      nowMs,
    )) as number[];
  }

  const refund = (window: Window, nowMs: number) =>
    redis.eval(REFUND.lua, 1, window.key, nowMs * 1000, window.grain);

  it('counts on a clock that was moved, ahead or back', async () => {
    const window = windowOf(5, true);
    for (let left = window.limit - 1; left >= 0; left -= 1)
      expect((await consume([window], 1000))[1]).toBe(left);
    expect((await consume([window], 1000))[1]).toBe(-1);
    const aheadUs = 400 * 86_400_000_000;
    expect(await consume([window], 1000, { aheadUs })).toEqual([
      1_000_000 + aheadUs,
      window.limit - 1,
      WINDOW_MS * 1000,
    ]);
    expect((await consume([window], 1000))[1]).toBe(window.limit - 1);
  });

  it('decides like the windows in memory for any sequence of requests', async () => {
    const pause = fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: WINDOW_MS - 2, max: WINDOW_MS + 2 }) },
    );
    const schedule = fc.array(pause, { minLength: 1, maxLength: 150, size: 'max' });
    await fc.assert(
      fc.asyncProperty(
        schedule,
        fc.integer({ min: 1, max: 160 }),
        fc.boolean(),
        async (pauses, limit, exact) => {
          const clock = new ManualClock();
          const memory = new MemoryWindows(clock);
          const windows = [windowOf(limit, exact), windowOf(5, true)];
          for (const ms of pauses) {
            clock.advance(ms);
            const [, ...answer] = await consume(windows, clock.nowMs());
            const decisions = await memory.consume(windows);
            expect(answer).toEqual(
              decisions.flatMap(({ allowed, remaining, waitMs }) => [
                allowed ? remaining : -1,
                waitMs * 1000,
              ]),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts nothing after its deadline, and returns only the time', async () => {
    const window = windowOf(5, true);
    expect(await consume([window], 2000, { deadlineUs: 1_999_999 })).toEqual([2_000_000]);
    expect(await redis.exists(window.key)).toBe(0);
    expect(await consume([window], 2000, { deadlineUs: 2_000_000 })).toEqual([
      2_000_000,
      4,
      WINDOW_MS * 1000,
    ]);
  });

  it('keeps timestamps in order if the clock is set back a little', async () => {
    const window = windowOf(3, true);
    await consume([window], 100_000);
    await consume([window], 99_500);
    const [, remaining] = await consume([window], 100_001);
    expect(remaining).toBe(0);
    const [, refused, waitUs] = await consume([window], 100_002);
    expect([refused, waitUs]).toEqual([-1, (WINDOW_MS - 2) * 1000]);
  });

  it('starts again when the clock is set back by more than the window', async () => {
    const window = windowOf(1, true);
    await consume([window], 10 * WINDOW_MS);
    const [, remaining] = await consume([window], 8 * WINDOW_MS);
    expect(remaining).toBe(0);
  });

  it('gives every key an expiry as long as its window', async () => {
    const window = windowOf(7, false);
    await consume([window], 1000);
    const ttl = await redis.pttl(window.key);
    expect(ttl).toBeGreaterThan(WINDOW_MS - 5000);
    expect(ttl).toBeLessThanOrEqual(WINDOW_MS);
    await refund(window, 1000);
    await consume([window], 1000);
    await consume([window], 1001);
    await refund(window, 1001);
    expect(await redis.pttl(window.key)).toBeGreaterThan(0);
  });

  it('takes exactly one admission back', async () => {
    const admission = fc.record({ pause: fc.integer({ min: 0, max: 500 }), refunded: fc.boolean() });
    const schedule = fc.array(admission, { minLength: 1, maxLength: 80, size: 'max' });
    await fc.assert(
      fc.asyncProperty(schedule, fc.boolean(), async (admissions, exact) => {
        const window = windowOf(150, exact);
        let nowMs = 1000;
        let kept = 0;
        for (const { pause, refunded } of admissions) {
          nowMs += pause;
          const [, remaining] = await consume([window], nowMs);
          expect(remaining).toBe(150 - kept - 1);
          if (refunded) await refund(window, nowMs);
          else kept++;
        }
        expect(await redis.exists(window.key)).toBe(kept === 0 ? 0 : 1);
      }),
      { numRuns: 30 },
    );
  });

  it('takes back the given admission of an exact window, not a later one', async () => {
    const window = windowOf(2, true);
    await consume([window], 1000);
    await consume([window], 31_000);
    await refund(window, 1000);
    await consume([window], 32_000);
    const [, , waitUs] = await consume([window], 33_000);
    expect(waitUs).toBe((31_000 + WINDOW_MS - 33_000) * 1000);
  });

  it('needs no more than a hundred timestamps, however large a bounded limit is', async () => {
    for (const limit of [99, 149, 1000, 100_000]) {
      const window = windowOf(limit, false);
      for (let request = 0; request < Math.min(limit, 3000); request++)
        await consume([window], 1000 + request);
      expect(await redis.strlen(window.key)).toBeLessThanOrEqual(8 + 100 * 8);
    }
  });
});
