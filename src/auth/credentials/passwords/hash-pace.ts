/** How long tasks take, estimated from those that have ended. */
export class HashPace {
  private longestMs = 0;

  /**
   * `meanMs` is the caller's estimate before the first measurement. The longest duration is at most `limitMs`: a task during
   * which the process was suspended must not determine for long what is expected of the others. Both in milliseconds.
   */
  constructor(
    private meanMs: number,
    private readonly limitMs: number,
  ) {}

  /** Adds the duration of a task that has ended, milliseconds. */
  add(durationMs: number): void {
    this.meanMs += (durationMs - this.meanMs) / 8;
    const decayedMs = this.longestMs - (this.longestMs - this.meanMs) / 32;
    this.longestMs = Math.min(Math.max(durationMs, decayedMs), this.limitMs);
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
