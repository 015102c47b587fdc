import { ValidateBy } from 'class-validator';

/** RFC 3339 section 5.6, with a mandatory offset. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Later times have a year of five digits in UTC, which RFC 3339 does not allow. */
const END_MS = Date.UTC(10_000, 0);

/** An RFC 3339 time since 1970. */
export const IsTime = () =>
  ValidateBy({
    name: 'time',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isTime(value),
      defaultMessage: () => '$property must be an RFC 3339 time such as 2026-11-23T09:30:00Z',
    },
  });

/** Whether a text is an RFC 3339 time since 1970. */
export function isTime(text: string): boolean {
  if (!RFC_3339.test(text) || !isOnTheCalendar(text)) return false;
  const ms = Date.parse(text);
  return ms >= 0 && ms < END_MS;
}

/** Date.parse silently accepts February 30 as March 2. */
function isOnTheCalendar(time: string): boolean {
  const date = time.slice(0, 'YYYY-MM-DD'.length);
  const read = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(date);
}
