import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { SlidingLog } from './sliding-log.js';
import type { Decision, Window, WindowStore } from './window.js';

/** About 100 MB in the worst case; beyond it the key that was idle longest is dropped. */
const MAX_KEYS = 100_000;

/** Windows of this process: used when Redis is not configured, and while it is unavailable. */
@Injectable()
export class MemoryWindows implements WindowStore {
  /** Least recently admitted first, the iteration order of a Map. */
  private readonly logs = new Map<string, SlidingLog>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.logs.size;
  }

  consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    return Promise.resolve(this.decide(windows, this.clock.nowMs()));
  }

  /** Forgets every admission. */
  clear(): void {
    this.logs.clear();
  }

  async refund(windows: readonly Window[], at: number): Promise<void> {
    for (const window of windows) this.logs.get(window.key)?.refund(at, window);
  }

  private decide(windows: readonly Window[], nowMs: number): Decision[] {
    const logs = windows.map(({ key }) => this.logs.get(key) ?? new SlidingLog());
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

  private admit(window: Window, log: SlidingLog, nowMs: number): void {
    log.admit(nowMs, window);
    this.logs.delete(window.key);
    this.logs.set(window.key, log);
    this.forget(nowMs);
  }

  /** Drops two expired keys for each new one, so that the map shrinks without a timer. */
  private forget(nowMs: number): void {
    let looked = 0;
    for (const [key, log] of this.logs) {
      if (this.logs.size <= MAX_KEYS && (log.expiresAtMs > nowMs || looked++ === 2)) return;
      this.logs.delete(key);
    }
  }
}
