/** How long tasks take, estimated from those that have ended. */
export class HashPace {
  private longestMs = 0;

  /** `meanMs` is the caller's estimate before the first measurement, milliseconds. */
  constructor(private meanMs: number) {}

  /** Adds the duration of a task that has ended, milliseconds. */
  add(durationMs: number): void {
    this.meanMs += (durationMs - this.meanMs) / 8;
    this.longestMs = Math.max(durationMs, this.longestMs - (this.longestMs - this.meanMs) / 32);
  }

  /** The duration to expect, milliseconds: a moving average, as TCP's of round trips (RFC 6298, section 2.3). */
  get typicalMs(): number {
    return this.meanMs;
  }

  /** A duration that few tasks exceed, milliseconds: the longest of the recent ones, which loses weight with each further one. */
  get longMs(): number {
    return Math.max(this.meanMs, this.longestMs);
  }
}
