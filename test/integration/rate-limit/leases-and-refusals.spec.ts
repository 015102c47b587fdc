import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { permitsOf, SETTLE_MS, termMs } from '../../../src/rate-limit/windows/lease.js';
import type { Window } from '../../../src/rate-limit/windows/window.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { WINDOW_MS, windowOf } from '../../support/window-store/leasable-window.js';
import { SimulatedFleet } from '../../support/window-store/simulated-fleet.js';

describeWithRedis('a refusal, with leases', () => {
  let server: RedisServer;
  let redis: Redis;
  let fleet: SimulatedFleet;

  const leased = () => windowOf(100);

  /** Returns a window that refuses every request. */
  async function full(): Promise<Window> {
    const window = windowOf(5, true);
    expect(await fleet.burst(1, [window], 6)).toBe(5);
    return window;
  }

  /** Returns what remains in a window after a request of an instance that has no lease. */
  async function remaining(window: Window): Promise<number> {
    const [decision] = await fleet.instances[1]!.consume([window]);
    return decision!.remaining;
  }

  /** Fills a window by leases of three instances and the admissions of another. */
  async function fillByLeases(window: Window): Promise<void> {
    for (const instance of [0, 1, 2]) expect(await fleet.sequence(instance, [window], 3)).toBe(3);
    expect(await fleet.sequence(3, [window], 100)).toBe(100 - 3 * (3 + permitsOf(window)));
  }

  /** Returns for how long the last instance is refused, milliseconds. */
  async function refusedFor(window: Window): Promise<number> {
    const [decision] = await fleet.instances[3]!.consume([window]);
    expect(decision!.allowed).toBe(false);
    return decision!.waitMs;
  }

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  beforeEach(() => {
    fleet = new SimulatedFleet(redis, 4);
  });
  afterEach(() => fleet.end());
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('of a burst that uses up a lease counts nothing in the leased window', async () => {
    const [window, refusing] = [leased(), await full()];
    expect(await fleet.sequence(0, [window], 3)).toBe(3);
    expect(await fleet.burst(0, [window, refusing], 20)).toBe(0);
    await fleet.pass(termMs(window) + SETTLE_MS);
    expect(await remaining(window)).toBe(100 - 3 - 1);
  });

  it('of many bursts counts nothing beside what is admitted between them', async () => {
    const [window, refusing] = [leased(), await full()];
    for (let round = 0; round < 12; round++) {
      expect(await fleet.sequence(0, [window], 3)).toBe(3);
      expect(await fleet.burst(0, [window, refusing], 20)).toBe(0);
    }
    await fleet.pass(termMs(window) + SETTLE_MS);
    expect(await remaining(window)).toBe(100 - 36 - 1);
  });

  it('that comes after the lease has ended counts nothing in the leased window', async () => {
    const [window, refusing] = [leased(), await full()];
    expect(await fleet.sequence(0, [window], 3)).toBe(3);
    const refused = fleet.isAdmitted(0, [window, refusing]);
    await fleet.pass(termMs(window) + SETTLE_MS);
    expect(await refused).toBe(false);
    await fleet.pass(SETTLE_MS);
    expect(await remaining(window)).toBe(100 - 3 - 1);
  });

  it('that comes after the shutdown has begun counts nothing in the leased window', async () => {
    const [window, refusing] = [leased(), await full()];
    expect(await fleet.sequence(0, [window], 3)).toBe(3);
    const refused = fleet.isAdmitted(0, [window, refusing]);
    await fleet.instances[0]!.beforeApplicationShutdown();
    expect(await refused).toBe(false);
    await fleet.pass(SETTLE_MS);
    expect(await remaining(window)).toBe(100 - 3 - 1);
  });

  it('for the permits of others lasts until the first of their leases is settled', async () => {
    const window = leased();
    await fillByLeases(window);
    await fleet.pass(100);
    const waitMs = await refusedFor(window);
    expect(waitMs).toBe(termMs(window) + SETTLE_MS - 100);
    await fleet.pass(waitMs);
    expect(await fleet.isAdmitted(3, [window])).toBe(true);
  });

  it('for permits that are not given back lasts until the first admission leaves', async () => {
    const window = leased();
    await fillByLeases(window);
    for (const instance of [0, 1, 2]) fleet.kill(instance);
    await fleet.pass(2000);
    expect(await refusedFor(window)).toBe(WINDOW_MS - 2000);
  });

  it('of a window that is full without permits lasts until the first admission leaves', async () => {
    const window = leased();
    expect(await fleet.sequence(3, [window], 3)).toBe(3);
    await fleet.pass(10_000);
    expect(await fleet.rest([window])).toBe(97);
    expect(await refusedFor(window)).toBe(WINDOW_MS - 10_000);
  });
});
