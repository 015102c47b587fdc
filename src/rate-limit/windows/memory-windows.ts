import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import { SlidingLog } from './sliding-log.js';
import type { Decision, Window, WindowStore } from './window.js';

/**
 * About 100 MB in the worst case. Beyond it, the key that has been idle longest is dropped, among the windows of the length
 * that has the most keys.
 */
const MAX_KEYS = 100_000;

/**
 * Windows of this process: used when Redis is not configured, and while it is unavailable. If there are too many, keys of the
 * length of window that has the most are dropped, so a flood in short windows drops none of an hour.
 */
@Injectable()
export class MemoryWindows implements WindowStore {
  /**
   * By the length of the window, milliseconds. Each map has the least recently admitted first, which is the first to
   * expire; a longer window, which expires later, is in the way of no other.
   */
  private readonly logs = new Map<number, BoundedMap<string, SlidingLog>>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    let size = 0;
    for (const logs of this.logs.values()) size += logs.size;
    return size;
  }

  consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    return Promise.resolve(this.decide(windows, this.clock.nowMs()));
  }

  /** Returns the milliseconds until a window has room, 0 if it has. Counts nothing. */
  waitOf(window: Window): number {
    const nowMs = this.clock.nowMs();
    const log = this.logOf(window);
    return log.countAt(nowMs, window) < window.limit ? 0 : log.waitAt(nowMs, window);
  }

  /** Counts what has happened already, also beyond the limit. */
  add(window: Window): void {
    const nowMs = this.clock.nowMs();
    const log = this.logOf(window);
    // Otherwise it could join a group that has left the window.
    log.countAt(nowMs, window);
    this.admit(window, log, nowMs);
  }

  /** Forgets every admission. */
  clear(): void {
    this.logs.clear();
  }

  async refund(windows: readonly Window[], at: number): Promise<void> {
    for (const window of windows) this.logs.get(window.windowMs)?.get(window.key)?.refund(at, window);
  }

  private decide(windows: readonly Window[], nowMs: number): Decision[] {
    const logs = windows.map((window) => this.logOf(window));
    const counts = windows.map((window, index) => logs[index]!.countAt(nowMs, window));
    const admitted = windows.every(({ limit }, index) => counts[index]! < limit);
    if (admitted) for (const [index, window] of windows.entries()) this.admit(window, logs[index]!, nowMs);
    return windows.map((window, index) => ({
      allowed: counts[index]! < window.limit,
      remaining: Math.max(0, window.limit - counts[index]! - (admitted ? 1 : 0)),
      at: nowMs,
      waitMs: logs[index]!.waitAt(nowMs, window),
    }));
  }

  private logOf({ key, windowMs }: Window): SlidingLog {
    return this.logs.get(windowMs)?.get(key) ?? new SlidingLog();
  }

  private admit(window: Window, log: SlidingLog, nowMs: number): void {
    log.admit(nowMs, window);
    const logs = this.logs.get(window.windowMs) ?? new BoundedMap<string, SlidingLog>(MAX_KEYS);
    this.logs.set(window.windowMs, logs);
    logs.set(window.key, log);
    this.forget(nowMs);
  }

  /**
   * Drops up to two expired keys of each length for each admission, so that the maps shrink without a timer, and one beyond
   * {@link MAX_KEYS}.
   */
  private forget(nowMs: number): void {
    let largest: BoundedMap<string, SlidingLog> | null = null;
    for (const logs of this.logs.values()) {
      for (let dropped = 0; dropped < 2 && isExpired(logs.oldest(), nowMs); dropped++) dropOldest(logs);
      if (!largest || logs.size > largest.size) largest = logs;
    }
    if (largest && this.size > MAX_KEYS) dropOldest(largest);
  }
}

const isExpired = (oldest: [string, SlidingLog] | undefined, nowMs: number) =>
  oldest !== undefined && oldest[1].expiresAtMs <= nowMs;

function dropOldest(logs: BoundedMap<string, SlidingLog>): void {
  const oldest = logs.oldest();
  if (oldest) logs.delete(oldest[0]);
}
