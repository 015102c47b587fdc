import type { Clock } from './clock.js';

/** Measures how long a state has lasted. If the clock is set back, it counts from then on rather than stopping for hours. */
export class Stopwatch {
  private sinceMs: number | null = null;

  constructor(private readonly clock: Clock) {}

  get isRunning(): boolean {
    return this.sinceMs !== null;
  }

  /** Milliseconds since the state began; 0 if it does not last. */
  get ms(): number {
    if (this.sinceMs === null) return 0;
    const nowMs = this.clock.nowMs();
    this.sinceMs = Math.min(this.sinceMs, nowMs);
    return nowMs - this.sinceMs;
  }

  /** Begins to count, unless it is counting already. */
  start(): void {
    this.sinceMs ??= this.clock.nowMs();
  }

  stop(): void {
    this.sinceMs = null;
  }
}
