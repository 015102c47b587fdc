import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { RedisConnection } from '../platform/redis/redis-connection.js';
import { RedisUnavailable } from '../platform/redis/redis-unavailable.js';
import { LeasedWindows } from './windows/leased-windows.js';
import { MemoryWindows } from './windows/memory-windows.js';
import { type Decision, grainOf, type Window, type WindowStore } from './windows/window.js';

/** What a store decided about a request, and the way to take it back. */
export interface Count {
  /** One per window, in order. */
  readonly decisions: readonly Decision[];
  /**
   * Takes the admission back in some of the counted windows, given as the same objects. It was counted in one store only, which
   * need not be the one in use by then: in the other one, it would take back an admission of somebody else.
   */
  refund(windows: readonly Window[]): Promise<void>;
}

/** Ignores an unavailable Redis: its counts are gone with it, so there is nothing to refund. */
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof RedisUnavailable)) throw error;
}

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Storage for `@nestjs/throttler`: Redis while it is usable, otherwise windows of the same size in this process.
 */
@Injectable()
export class RateLimitStorage implements ThrottlerStorage {
  constructor(
    private readonly connection: RedisConnection,
    private readonly shared: LeasedWindows,
    private readonly local: MemoryWindows,
  ) {}

  /** Counts one request in all of its windows, or in none if any of them refuses it; see {@link WindowStore.consume}. */
  async count(windows: readonly Window[]): Promise<Count> {
    if (this.connection.state !== 'up') return countIn(this.local, windows);
    try {
      return await countIn(this.shared, windows);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      return countIn(this.local, windows);
    }
  }

  /** Counts a request that is never refunded. */
  async consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    return (await this.count(windows)).decisions;
  }

  /**
   * Counts in one bounded window, for code written against the throttler's own interface: `ttl` is in milliseconds, times of
   * the record are in seconds. A refusal blocks only until there is room, so `blockDuration` is not used.
   */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const [decision] = await this.consume([
      { key: `portcullis:rl:{${key}}`, limit, windowMs: ttl, grain: grainOf(limit) },
    ]);
    const { allowed, remaining, waitMs } = decision!;
    const seconds = Math.ceil(waitMs / 1000);
    return {
      totalHits: allowed ? limit - remaining : limit + 1,
      timeToExpire: seconds,
      isBlocked: !allowed,
      timeToBlockExpire: allowed ? 0 : seconds,
    };
  }
}

async function countIn(store: WindowStore, windows: readonly Window[]): Promise<Count> {
  const decisions = await store.consume(windows);
  return {
    decisions,
    refund: async (counted) => {
      // In a cluster, each node decided on its own clock.
      const byTime = Map.groupBy(counted, (window) => decisions[windows.indexOf(window)]!.at);
      const refunds = Array.from(byTime, ([at, group]) => store.refund(group, at).catch(ignoreUnavailable));
      await Promise.all(refunds);
    },
  };
}
