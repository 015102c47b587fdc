/** When a change happens: strictly later than the one before, so that of two profiles the newer is known, whatever a clock does. */
export function monotonicTimestamp(previous: Date, nowMs: number): Date {
  return new Date(Math.max(nowMs, previous.getTime() + 1));
}
