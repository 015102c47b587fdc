/** A window that a request must fit into: at most `limit` requests of one key in any `windowMs` milliseconds. */
export interface Window {
  /** Opaque and without personal data; what stands between braces decides the slot in a Redis Cluster. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** How many admissions in a row share one timestamp, see {@link grainOf}; 1 is exact. */
  readonly grain: number;
}

/** What one window says to a request. */
export interface Decision {
  readonly allowed: boolean;
  /** What is left of the limit after this request; 0 when it is refused. */
  readonly remaining: number;
  /** The store's own time of the decision, milliseconds: what {@link WindowStore.refund} finds the admission by. */
  readonly at: number;
  /** Milliseconds until the window has room for more than now; a refused request passes after that long. */
  readonly waitMs: number;
}

/** Where windows are kept. */
export interface WindowStore {
  /**
   * Counts one request in all of its windows, or in none when any of them refuses it: one decision per window, in
   * order. Check and count are one step, whoever else asks at the same time.
   */
  consume(windows: readonly Window[]): Promise<readonly Decision[]>;
  /** Takes an admission back that these windows counted at that time, because the request was refused after all. */
  refund(windows: readonly Window[], at: number): Promise<void>;
}

/** The share of a limit that a bounded window may admit beyond it in any true window. */
const TOLERANCE = 0.02;

/**
 * The windows are logs of timestamps, one for each `grain` admissions in a row. A group leaves with its first
 * member, so a caller within the limit is never refused; only the group that straddles the window's edge is counted
 * too low, by less than `grain`. An exact log has grain 1; the others stay at most 2 % over, and need at most a
 * hundred timestamps however large the limit is.
 */
export function grainOf(limit: number, exact: boolean): number {
  return exact ? 1 : Math.max(1, Math.floor(limit * TOLERANCE));
}
