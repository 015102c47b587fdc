import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/time/manual-clock.js';
import type { RedisConnection } from '../platform/redis/redis-connection.js';
import { RateLimitStorage } from './rate-limit-storage.js';
import type { LeasedWindows } from './windows/leased-windows.js';
import { MemoryWindows } from './windows/memory-windows.js';
import type { Window, WindowStore } from './windows/window.js';

const windowOf = (key: string): Window => ({ key, limit: 2, windowMs: 60_000, grain: 1 });

/** A store whose windows decide on nodes with clocks of their own, as the slots of a Redis Cluster do. */
function storeOver(nodes: ReadonlyMap<Window, WindowStore>): WindowStore {
  return {
    consume: async (windows) =>
      (await Promise.all(windows.map((window) => nodes.get(window)!.consume([window])))).flat(),
    refund: async (windows, at) => {
      await Promise.all(windows.map((window) => nodes.get(window)!.refund([window], at)));
    },
  };
}

describe('RateLimitStorage', () => {
  it('takes back in each window the admission that its own node counted, on its own clock', async () => {
    const clocks = [new ManualClock(10_000), new ManualClock(0)] as const;
    const [ahead, behind] = [windowOf('ahead'), windowOf('behind')];
    const shared = storeOver(
      new Map([
        [ahead, new MemoryWindows(clocks[0])],
        [behind, new MemoryWindows(clocks[1])],
      ]),
    );
    const storage = new RateLimitStorage(
      { state: 'up' } as RedisConnection,
      shared as LeasedWindows,
      new MemoryWindows(clocks[0]),
    );
    const remainingAfter = async (ms: number) => {
      for (const clock of clocks) clock.advance(ms);
      return (await storage.consume([behind]))[0]!.remaining;
    };
    const counted = await storage.count([ahead, behind]);
    expect(await remainingAfter(5000)).toBe(0);
    await counted.refund([ahead, behind]);
    // The admission of the second request is left, which leaves the window later than that of the first would.
    expect(await remainingAfter(56_000)).toBe(0);
  });
});
