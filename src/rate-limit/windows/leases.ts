import { Demand } from './demand.js';
import { type Grant, Lease, permitsOf, termMs } from './lease.js';
import type { Decision, Window } from './window.js';

/** Leases at a time; requests of further keys are all counted by Redis. */
const MAX_LEASES = 10_000;

/** The leases of this process, at most one per window. Times are of its monotonic clock, milliseconds. */
export class Leases {
  private readonly byKey = new Map<string, Lease>();
  private readonly demand = new Demand();
  /** Keys of leases that were requested and are not answered yet. */
  private readonly requested = new Set<string>();

  /** Returns the lease of a window, which may be spent or over. */
  find({ key }: Window): Lease | undefined {
    return this.byKey.get(key);
  }

  /** Spends a permit of a window; returns its lease, or null if there is none. */
  spend({ key }: Window, now: number): Lease | null {
    const lease = this.byKey.get(key);
    return lease?.spend(now) ? lease : null;
  }

  /**
   * Returns the permits to request together with this request, 0 for none. If it is not 0, {@link answered} must be called.
   */
  request(window: Window, now: number): number {
    const { key } = window;
    const permits = permitsOf(window);
    if (permits === 0 || !this.demand.count(key, now, termMs(window))) return 0;
    if (this.byKey.has(key) || this.requested.has(key) || this.byKey.size + this.requested.size >= MAX_LEASES)
      return 0;
    this.requested.add(key);
    return permits;
  }

  /** Adds a lease that Redis has granted together with a decision. */
  add(window: Window, grant: Grant, decision: Decision): void {
    this.byKey.set(window.key, new Lease(window, grant, decision));
  }

  /** Notes that a request for a lease was answered, or will never be. */
  answered({ key }: Window): void {
    this.requested.delete(key);
  }

  /**
   * Removes the lease of a window if it is used up or over; returns it if there is one. A lease with pending permits stays
   * until they are decided, at most for the time of a command.
   */
  takeEnded({ key }: Window, now: number): Lease[] {
    const lease = this.byKey.get(key);
    if (!lease || lease.hasPending || (lease.unspent > 0 && !lease.isOver(now))) return [];
    this.byKey.delete(key);
    this.demand.noteLease(key, now, lease.spent);
    return [lease];
  }

  /** Removes all leases that are over; returns those without pending permits. */
  takeAllEnded(now: number): Lease[] {
    const over = [...this.byKey.values()].filter((lease) => lease.isOver(now));
    return over.flatMap(({ window }) => this.takeEnded(window, now));
  }

  /** Removes and returns all leases without pending permits. */
  takeAll(): Lease[] {
    return this.takeAllEnded(Infinity);
  }
}
