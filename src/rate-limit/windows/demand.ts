import { BoundedMap } from '../../platform/memory/bounded-map.js';

/** Up to this many requests of a key within a term, a lease saves nothing: it takes two commands itself. */
const MAX_REQUESTS_WITHOUT_LEASE = 2;

/** Keys to remember, about 1 MB. Beyond it the oldest is dropped; its next lease is granted two requests later. */
const MAX_KEYS = 10_000;

interface Count {
  readonly since: number;
  requests: number;
}

/**
 * Counts the requests of each key, to decide whether a lease would save commands. Times are of this process's monotonic
 * clock, milliseconds.
 */
export class Demand {
  private readonly counts = new BoundedMap<string, Count>(MAX_KEYS);

  get size(): number {
    return this.counts.size;
  }

  /** Counts a request; returns whether its key has had so many within `termMs` that a lease saves commands. */
  count(key: string, now: number, termMs: number): boolean {
    const count = this.counts.get(key);
    if (count && now - count.since < termMs) return ++count.requests > MAX_REQUESTS_WITHOUT_LEASE;
    this.counts.set(key, { since: now, requests: 1 });
    return false;
  }

  /** Notes that a lease has ended on which this many permits were spent. */
  noteLease(key: string, now: number, spent: number): void {
    if (spent >= MAX_REQUESTS_WITHOUT_LEASE) this.counts.set(key, { since: now, requests: spent });
  }
}
