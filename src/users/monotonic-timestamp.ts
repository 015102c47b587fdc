/**
 * Returns the time of a change, strictly later than the previous one even if the clock was set back, so that the newer
 * of two profiles is known.
 */
export function monotonicTimestamp(previous: Date, nowMs: number): Date {
  return new Date(Math.max(nowMs, previous.getTime() + 1));
}
