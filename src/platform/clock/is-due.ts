/**
 * Returns whether it is time for something that is done at intervals, all in milliseconds. If the next time is further away
 * than the interval, the clock was set back.
 */
export function isDue(nextMs: number, nowMs: number, intervalMs: number): boolean {
  return nowMs >= nextMs || nextMs - nowMs > intervalMs;
}
