import { fc } from '@fast-check/vitest';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { busiestWindow } from '../../support/window-store/busiest-window.js';
import { WINDOW_MS, windowOf } from '../../support/window-store/leasable-window.js';
import { SimulatedFleet } from '../../support/window-store/simulated-fleet.js';

describeWithRedis('windows shared with instances of a version without leases', () => {
  let server: RedisServer;
  let redis: Redis;
  let fleet: SimulatedFleet;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterEach(() => fleet.end());
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it.each([
    { limit: 100, leases: 1 },
    { limit: 100, leases: 2 },
    { limit: 100, leases: 5 },
    { limit: 300, leases: 1 },
    { limit: 1000, leases: 1 },
    { limit: 1000, leases: 3 },
    { limit: 5000, leases: 1 },
  ])(
    'hold no more than $limit and 2 % with an old request after $leases leases',
    async ({ limit, leases }) => {
      fleet = new SimulatedFleet(redis, 4);
      const window = windowOf(limit);
      let admitted = 0;
      let asked = 0;
      for (let before = -1; before < admitted;) {
        before = admitted;
        for (const [instance] of fleet.instances.entries()) {
          admitted += await fleet.sequence(instance, [window], Math.max(12, limit / 10 + 3));
          if (++asked % leases === 0 && (await fleet.isAdmittedWithoutLeases(window))) admitted++;
        }
      }
      expect(admitted).toBeLessThanOrEqual(limit * 1.02);
      await fleet.pass(2 * WINDOW_MS);
      expect(await fleet.instances[0]!.consume([window])).toMatchObject([{ remaining: limit - 1 }]);
    },
  );

  it('hold no more than the limit and 2 %, whatever old and new instances do', async () => {
    const step = fc.record({
      pause: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 30 }) },
        { weight: 2, arbitrary: fc.integer({ min: 900, max: 1300 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: WINDOW_MS - 1100, max: WINDOW_MS + 5 }) },
      ),
      instance: fc.nat({ max: 1 }),
      requests: fc.integer({ min: 0, max: 20 }),
      formerRequests: fc.integer({ min: 0, max: 5 }),
    });
    const schedule = fc.array(step, { minLength: 3, maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(schedule, fc.constantFrom(100, 150, 340), async (steps, limit) => {
        fleet?.end();
        fleet = new SimulatedFleet(redis, 2);
        const window = windowOf(limit);
        const times: number[] = [];
        for (const { pause, instance, requests, formerRequests } of steps) {
          await fleet.pass(pause);
          let admitted = await fleet.sequence(instance, [window], requests);
          for (let request = 0; request < formerRequests; request++)
            if (await fleet.isAdmittedWithoutLeases(window)) admitted++;
          times.push(...Array.from({ length: admitted }, () => fleet.nowMs));
        }
        expect(busiestWindow(times, WINDOW_MS)).toBeLessThanOrEqual(limit * 1.02);
      }),
      { numRuns: 60 },
    );
  });
});
