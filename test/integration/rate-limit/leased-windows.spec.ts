import { fc } from '@fast-check/vitest';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { permitsOf, termMs } from '../../../src/rate-limit/windows/lease.js';
import { MemoryWindows } from '../../../src/rate-limit/windows/memory-windows.js';
import type { Decision, Window } from '../../../src/rate-limit/windows/window.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { busiestWindow } from '../../support/window-store/busiest-window.js';
import { WINDOW_MS, windowOf } from '../../support/window-store/leasable-window.js';
import { SimulatedFleet } from '../../support/window-store/simulated-fleet.js';

/** How much longer than a window an admission may be counted: the term of its lease, and the pause until that is settled. */
const LATE_MS = 1000 + 250;

describeWithRedis('windows that are counted by leases', () => {
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

  const open = (instances: number) => {
    fleet?.end();
    return (fleet = new SimulatedFleet(redis, instances));
  };

  const isAdmitted = (instance: number, windows: readonly Window[]) => fleet.isAdmitted(instance, windows);
  const burst = (instance: number, windows: readonly Window[], requests: number) =>
    fleet.burst(instance, windows, requests);
  const sequence = (instance: number, windows: readonly Window[], requests: number) =>
    fleet.sequence(instance, windows, requests);
  const rest = (windows: readonly Window[]) => fleet.rest(windows);

  /** Returns how many commands Redis executes for some requests. */
  async function commandsOf(requests: () => Promise<unknown>): Promise<number> {
    const before = fleet.commands;
    await requests();
    return fleet.commands - before;
  }

  /** Makes an instance lease permits with its third request, and spends one. */
  async function takeLease(instance: number, window: Window): Promise<void> {
    expect(await commandsOf(() => sequence(instance, [window], 4))).toBe(3);
  }

  const pause = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 30 }) },
    { weight: 4, arbitrary: fc.integer({ min: 900, max: 1100 }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: WINDOW_MS - 1100, max: WINDOW_MS + 5 }) },
  );
  const step = fc.record({
    pause,
    instance: fc.nat({ max: 2 }),
    requests: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
      { weight: 1, arbitrary: fc.integer({ min: 60, max: 300 }) },
    ),
    isBurst: fc.boolean(),
    latencyMs: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
    accident: fc.oneof(
      { weight: 10, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom('killed' as const, 'lost' as const) },
    ),
  });
  const schedule = fc.array(step, { minLength: 3, maxLength: 40, size: 'max' });

  it('never hold more than the limit and 2 %, over any number of instances and whatever happens to them', async () => {
    await fc.assert(
      fc.asyncProperty(schedule, fc.constantFrom(100, 150, 340), async (steps, limit) => {
        open(3);
        const windows = [windowOf(limit)];
        const times: number[] = [];
        for (const { pause: ms, instance, requests, isBurst, latencyMs, accident } of steps) {
          await fleet.pass(ms);
          if (accident === 'killed') fleet.kill(instance);
          fleet.losesAnswers = accident === 'lost';
          fleet.latencyMs = isBurst ? 0 : latencyMs;
          const ask = async () => {
            const admitted = await isAdmitted(instance, windows).catch(() => false);
            if (admitted) times.push(fleet.nowMs);
          };
          if (isBurst) await Promise.all(Array.from({ length: requests }, ask));
          else for (let request = 0; request < requests; request++) await ask();
          fleet.losesAnswers = false;
        }
        expect(busiestWindow(times, WINDOW_MS)).toBeLessThanOrEqual(limit * 1.02);
      }),
      { numRuns: 40 },
    );
  });

  it('decide for one instance what they would without leases, until the first admission leaves', async () => {
    const steps = fc.array(
      fc.record({
        ms: fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 200, max: 2000 })),
        requests: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 1, maxLength: 29, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (spells, withExact) => {
        open(1);
        const windows = [windowOf(100), windowOf(120), ...(withExact ? [windowOf(90, true)] : [])];
        const memory = new MemoryWindows(new ManualClock());
        for (const { ms, requests } of spells) {
          await fleet.pass(ms);
          for (let request = 0; request < requests; request++) {
            const asked = request % 3 === 0 ? windows : windows.slice(0, 1);
            const [decisions, expected] = [
              await fleet.instances[0]!.consume(asked),
              await memory.consume(asked),
            ];
            const summary = ({ allowed: isAllowed, remaining }: Decision) => ({ isAllowed, remaining });
            expect(decisions.map(summary)).toEqual(expected.map(summary));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuse no longer than the limit was used in a window, the term and the pause', async () => {
    /** For each refusal that lasts, the admissions that explain it. */
    const explained: number[] = [];
    await fc.assert(
      fc.asyncProperty(schedule, async (steps) => {
        open(3);
        const window = windowOf(100);
        const times: number[] = [];
        const isCounted = async (instance: number) => {
          const admitted = await isAdmitted(instance, [window]);
          if (admitted) times.push(fleet.nowMs);
          return admitted;
        };
        for (const { pause: ms, instance, requests } of steps) {
          await fleet.pass(ms);
          let left = requests;
          while (left > 0 && (await isCounted(instance))) left--;
          if (left === 0) continue;
          // Other instances may hold permits until their leases end; then what is unspent is back.
          await fleet.pass(LATE_MS);
          if (await isCounted(instance)) continue;
          explained.push(times.filter((at) => at > fleet.nowMs - WINDOW_MS - LATE_MS).length);
        }
        expect(Math.min(...explained, Infinity)).toBeGreaterThanOrEqual(window.limit);
      }),
      { numRuns: 40 },
    );
    expect(explained.length).toBeGreaterThan(0);
  });

  it('admit a caller who has waited for the announced time and the end of all leases', async () => {
    open(2);
    const window = windowOf(100);
    await takeLease(0, window);
    await fleet.pass(3000);
    expect(await rest([window])).toBe(96);
    const [refusal] = await fleet.instances[1]!.consume([window]);
    await fleet.pass(refusal!.waitMs);
    expect(await isAdmitted(1, [window])).toBe(true);
  });

  it('admit at most 2 % more than the limit of a thousand at once over three instances, and then all of it', async () => {
    for (const [round, limit] of [100, 250, 900].entries()) {
      open(3);
      const windows = [windowOf(limit), windowOf(5000)];
      if (round > 0) for (const instance of [0, 1, 2]) await sequence(instance, windows, 2);
      const before = round > 0 ? 6 : 0;
      const counts = await Promise.all([0, 1, 2].map((instance) => burst(instance, windows, 334)));
      const atOnce = counts.reduce((sum, count) => sum + count, before);
      expect(atOnce).toBeLessThanOrEqual(limit * 1.02);
      await fleet.pass(LATE_MS);
      const total = atOnce + (await rest(windows));
      expect(total).toBeGreaterThanOrEqual(limit);
      expect(total).toBeLessThanOrEqual(limit * 1.02);
    }
  });

  it('admit all of the limit at once on one instance, which finds the permits that its own requests bring', async () => {
    open(1);
    const admitted = await burst(0, [windowOf(100)], 400);
    expect(admitted).toBeGreaterThanOrEqual(100);
    expect(admitted).toBeLessThanOrEqual(102);
  });

  it('count what a permit was spent on for no less than a window', async () => {
    open(1);
    const window = windowOf(100);
    await sequence(0, [window], 3);
    await fleet.pass(termMs(window) - 1);
    expect(await commandsOf(() => sequence(0, [window], 8))).toBe(0);
    await fleet.pass(LATE_MS);
    expect(await rest([window])).toBe(100 - 3 - 8);
    await fleet.pass(WINDOW_MS - LATE_MS - 1);
    // The three requests before the lease have left, and a group of two leaves at once.
    expect(await rest([window])).toBeLessThanOrEqual(4);
  });

  it('hold against bursts around an edge, with permits kept for the last moment', async () => {
    open(3);
    const window = windowOf(100);
    const times: number[] = [];
    const attack = async () => {
      for (const instance of [0, 1, 2]) {
        const admitted = await burst(instance, [window], 150);
        times.push(...Array.from({ length: admitted }, () => fleet.nowMs));
      }
    };
    const note = async (instance: number, requests: number) => {
      const admitted = await sequence(instance, [window], requests);
      times.push(...Array.from({ length: admitted }, () => fleet.nowMs));
    };
    for (let edge = 0; edge < 3; edge++) {
      await note(0, 3);
      await note(1, 3);
      // The last moment of these leases, of which only the first permit was spent.
      await fleet.pass(termMs(window) - 1);
      await note(0, 10);
      await note(1, 10);
      await attack();
      for (const ms of [WINDOW_MS - termMs(window), 1, termMs(window) - 1, 1, 250]) {
        await fleet.pass(ms);
        await attack();
      }
    }
    expect(busiestWindow(times, WINDOW_MS)).toBeLessThanOrEqual(102);
    expect(times.length).toBeGreaterThanOrEqual(3 * 100);
  });

  it('spend nothing at the end of the term, however long the command was on its way', async () => {
    open(1);
    const window = windowOf(100);
    fleet.latencyMs = 40;
    await sequence(0, [window], 3);
    await fleet.pass(termMs(window) - 41);
    expect(await commandsOf(() => sequence(0, [window], 1))).toBe(0);
    await fleet.pass(1);
    expect(await commandsOf(() => sequence(0, [window], 1))).toBe(1);
  });

  it('count the permits of a killed instance until a window after its lease', async () => {
    open(2);
    const window = windowOf(100);
    await takeLease(0, window);
    fleet.kill(0);
    await fleet.pass(LATE_MS);
    expect(await rest([window])).toBe(100 - 3 - permitsOf(window));
    await fleet.pass(WINDOW_MS + LATE_MS);
    expect(await rest([window])).toBe(100);
  });

  it('give everything back at the shutdown, and lease nothing more', async () => {
    open(2);
    const window = windowOf(100);
    await takeLease(0, window);
    const [closing] = fleet.instances;
    await closing!.beforeApplicationShutdown();
    expect(await commandsOf(() => sequence(0, [window], 10))).toBe(10);
    const [decision] = await fleet.instances[1]!.consume([window]);
    expect(decision!.remaining).toBe(100 - 15);
  });

  it('keep a permit when Redis does not decide about the rest of the request', async () => {
    open(1);
    const [leased, other] = [windowOf(100), windowOf(100)];
    await takeLease(0, leased);
    fleet.losesAnswers = true;
    await expect(fleet.instances[0]!.consume([leased, other])).rejects.toThrow('lost');
    fleet.losesAnswers = false;
    const [decision] = await fleet.instances[0]!.consume([leased]);
    expect(decision!.remaining).toBe(95);
  });

  it('count a request nowhere when a window that has no lease refuses it', async () => {
    open(1);
    const [leased, narrow] = [windowOf(100), windowOf(1, true)];
    expect(await isAdmitted(0, [narrow])).toBe(true);
    await takeLease(0, leased);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await fleet.instances[0]!.consume([leased, narrow])).toMatchObject([
        { allowed: true, remaining: 96 },
        { allowed: false, remaining: 0 },
      ]);
    }
    expect(await isAdmitted(0, [leased])).toBe(true);
    await fleet.pass(LATE_MS);
    expect(await rest([leased])).toBe(95);
  });

  it('return the time at which an exact window has counted, so that it can be refunded', async () => {
    open(1);
    const [leased, exact] = [windowOf(100), windowOf(2, true)];
    await sequence(0, [exact], 1);
    await fleet.pass(5000);
    await takeLease(0, leased);
    await fleet.pass(500);
    const [first] = await fleet.instances[0]!.consume([leased, exact]);
    await fleet.instances[0]!.refund([exact], first!.at);
    await fleet.pass(WINDOW_MS - 5500);
    expect(await burst(0, [exact], 5)).toBe(2);
  });

  it('never lease what is exact', async () => {
    open(1);
    const exact = windowOf(500, true);
    expect(await commandsOf(() => sequence(0, [exact], 200))).toBe(200);
    expect(await commandsOf(() => fleet.pass(3000))).toBe(0);
  });

  it('lease nothing of a window that is more than half full', async () => {
    open(1);
    const window = windowOf(100);
    expect(await sequence(0, [window], 45)).toBe(45);
    await fleet.pass(LATE_MS);
    expect(await commandsOf(() => sequence(0, [window], 40))).toBe(40);
  });

  it('need no more commands than before for a caller with a few requests a term', async () => {
    open(1);
    const window = windowOf(100);
    const commands = await commandsOf(async () => {
      for (let spell = 0; spell < 10; spell++) {
        await sequence(0, [window], 2);
        await fleet.pass(termMs(window));
      }
    });
    expect(commands).toBe(20);
  });

  it('need a command for every tenth request and less for a fast caller', async () => {
    open(1);
    const windows = [windowOf(1000), windowOf(10_000)];
    const commands = await commandsOf(async () => {
      for (let request = 0; request < 300; request++) {
        await sequence(0, windows, 1);
        await fleet.pass(5);
      }
    });
    expect(commands).toBeLessThanOrEqual(30);
  });

  it('add nothing to a Redis that has lost its data', async () => {
    open(1);
    const window = windowOf(100);
    await takeLease(0, window);
    await redis.flushall();
    await fleet.pass(LATE_MS);
    expect(await redis.exists(window.key)).toBe(0);
    expect(await rest([window])).toBe(100);
  });

  it('take less than two kilobytes, however many leases there were', async () => {
    for (const limit of [100, 1000, 100_000]) {
      open(4);
      const window = windowOf(limit);
      for (let request = 0; request < 400; request++) {
        await sequence(request % 4, [window], 3);
        await fleet.pass(120);
      }
      expect(await redis.strlen(window.key)).toBeLessThan(2048);
      expect(await redis.pttl(window.key)).toBeLessThanOrEqual(WINDOW_MS + termMs(window));
    }
  });
});
