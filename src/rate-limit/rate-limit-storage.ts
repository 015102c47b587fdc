import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { RedisConnection } from '../platform/redis/redis-connection.js';
import { RedisUnavailable } from '../platform/redis/redis-unavailable.js';
import { LeasedWindows } from './windows/leased-windows.js';
import { MemoryWindows } from './windows/memory-windows.js';
import { type Decision, grainOf, type Window, type WindowStore } from './windows/window.js';

/** Ignores an unavailable Redis: its counts are gone with it, so there is nothing to refund. */
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof RedisUnavailable)) throw error;
}

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Storage for `@nestjs/throttler`: Redis while it is usable, otherwise windows of the same size in this process.
 */
@Injectable()
export class RateLimitStorage implements WindowStore, ThrottlerStorage {
  constructor(
    private readonly connection: RedisConnection,
    private readonly shared: LeasedWindows,
    private readonly local: MemoryWindows,
  ) {}

  async consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    if (this.connection.state !== 'up') return this.local.consume(windows);
    try {
      return await this.shared.consume(windows);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      return this.local.consume(windows);
    }
  }

  async refund(windows: readonly Window[], at: number): Promise<void> {
    const store = this.connection.state === 'up' ? this.shared : this.local;
    await store.refund(windows, at).catch(ignoreUnavailable);
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
