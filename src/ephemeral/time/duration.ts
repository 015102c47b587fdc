import { ValidateBy } from 'class-validator';

const DURATION = /^(?=\d)(?:(\d{1,5})d)?(?:(\d{1,7})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000];

/** Returns the milliseconds of a duration such as `31m` or `7d12h`; null for any other text. */
export function durationMs(text: string): number | null {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined) return null;
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * UNITS_MS[index]!, 0);
}

/** A duration in days, hours, minutes and seconds, in this order: `31m`, `7d12h`. */
export const IsDuration = () =>
  ValidateBy({
    name: 'duration',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && durationMs(value) !== null,
      defaultMessage: () => '$property must be a duration such as 31m or 7d12h',
    },
  });
