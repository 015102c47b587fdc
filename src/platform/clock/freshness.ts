/** What is known may be this old, milliseconds, which bounds the delay of a revocation. */
const STALE_AFTER_MS = 1000;

/**
 * How recent a process's knowledge is of what other processes change. Copies that depend on it are used while it is
 * current, which is to say at most a second old. Times are those of `performance.now()`, which no correction of the
 * system's clock moves.
 */
export class Freshness {
  private lastMs = Number.NEGATIVE_INFINITY;

  get isCurrent(): boolean {
    return performance.now() - this.lastMs < STALE_AFTER_MS;
  }

  /** The time until which every change is known; minus infinity if of none. */
  get untilMs(): number {
    return this.lastMs;
  }

  /** Notes that every change until this time is known. */
  confirm(untilMs: number): void {
    this.lastMs = untilMs;
  }

  /** Notes that any number of changes may be unknown. */
  lose(): void {
    this.lastMs = Number.NEGATIVE_INFINITY;
  }
}
