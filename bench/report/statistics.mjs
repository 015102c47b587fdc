/** The value below which a share of the ascending values lies. */
export function quantile(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))];
}

/** The middle of values in any order; of an even number, the mean of the middle two. */
export function median(values) {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length / 2;
  return Number.isInteger(middle)
    ? (ascending[middle - 1] + ascending[middle]) / 2
    : ascending[Math.floor(middle)];
}

/** The median of the rounds' ratios: what a noisy machine does to a whole round cancels out. */
export function medianRatio(ones, others) {
  return median(ones.map((one, round) => one / others[round]));
}
