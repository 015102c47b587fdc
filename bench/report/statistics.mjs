/** Returns the value below which a share of the ascending values lies. */
export function quantile(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))];
}

/** Returns the median of values in any order; for an even number of values, the mean of the middle two. */
export function median(values) {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length / 2;
  return Number.isInteger(middle)
    ? (ascending[middle - 1] + ascending[middle]) / 2
    : ascending[Math.floor(middle)];
}

/** Returns the median of the rounds' ratios, in which noise that affects a whole round cancels out. */
export function medianRatio(ones, others) {
  return median(ones.map((one, round) => one / others[round]));
}
