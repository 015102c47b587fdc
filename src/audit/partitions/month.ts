/** A calendar month in UTC, such as `2026-11`. Months can be compared as text. */
export type Month = string;

/** Returns the month of an instant in UTC, regardless of the process's time zone. */
export function monthOf(time: Date): Month {
  return time.toISOString().slice(0, 7);
}

/** Returns the month `count` months later; a negative count goes back. */
export function monthsLater(month: Month, count: number): Month {
  const first = new Date(`${month}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + count);
  return monthOf(first);
}
