/** A calendar month in UTC, `2026-11`; compares as text. */
export type Month = string;

/** The month that an instant belongs to in UTC, wherever the process runs. */
export function monthOf(time: Date): Month {
  return time.toISOString().slice(0, 7);
}

/** The month so many later, over the ends of years; a negative count goes back. */
export function monthsLater(month: Month, count: number): Month {
  const first = new Date(`${month}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + count);
  return monthOf(first);
}
