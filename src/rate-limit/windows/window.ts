/** A window that a request must fit into: at most `limit` requests of one key in any `windowMs` milliseconds. */
export interface Window {
  /** Opaque and without personal data; the part in braces decides the slot in a Redis Cluster. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** How many consecutive admissions share one timestamp, see {@link grainOf}; 1 is exact. */
  readonly grain: number;
}

/** The decision of one window about a request. */
export interface Decision {
  readonly allowed: boolean;
  /** Remaining requests after this one; 0 when it is refused. */
  readonly remaining: number;
  /** When the store decided, by its own clock, milliseconds; {@link WindowStore.refund} finds the admission by it. */
  readonly at: number;
  /**
   * Milliseconds until the window has more room than now; a refused request is admitted after that time. If the window is
   * full because of permits that may come back, it is the time until they do, and the request may be refused again.
   */
  readonly waitMs: number;
}

/** Stores windows. */
export interface WindowStore {
  /**
   * Counts one request in all of its windows, or in none if any of them refuses it. Returns one decision per window, in
   * order. Checking and counting are one atomic step, also among concurrent callers.
   */
  consume(windows: readonly Window[]): Promise<readonly Decision[]>;
  /** Takes back an admission that these windows counted at that time, because the request was refused later. */
  refund(windows: readonly Window[], at: number): Promise<void>;
}

/** What a policy says of the number of requests. */
interface Bound {
  readonly limit: number;
  readonly exact: boolean;
}

/** The share by which a bounded window may exceed its limit. */
const TOLERANCE = 0.02;

/**
 * Returns how many consecutive admissions share one timestamp. Windows are logs of timestamps, one for each `grain`
 * admissions in a row. A group leaves with its first member, so a caller within the limit is never refused; only the
 * group that straddles the window's edge is counted too low, by less than `grain`. Such a window stays at most 2 % over,
 * and needs at most a hundred timestamps however large the limit is.
 */
export function grainOf(limit: number): number {
  return Math.max(1, Math.floor(limit * TOLERANCE));
}

/** Returns the grain of a policy's window: 1 if the policy is exact, otherwise {@link grainOf} its limit. */
export function grainOfPolicy({ limit, exact }: Bound): number {
  return exact ? 1 : grainOf(limit);
}
