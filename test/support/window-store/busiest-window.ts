/** Returns the most that any true window of that many milliseconds holds. */
export function busiestWindow(unordered: readonly number[], windowMs: number): number {
  const times = unordered.toSorted((one, other) => one - other);
  let busiest = 0;
  for (let newest = 0, oldest = 0; newest < times.length; newest++) {
    while (times[newest]! - times[oldest]! >= windowMs) oldest++;
    busiest = Math.max(busiest, newest - oldest + 1);
  }
  return busiest;
}
