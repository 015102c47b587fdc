import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, Matches, Max, Min, ValidateBy, isURL } from 'class-validator';

/** A whole number within bounds. The message never repeats the value, which may be a misplaced secret. */
export const Integer = (min: number, max: number) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^\d{1,12}$/.test(value.trim()) ? Number(value) : value,
    ),
    IsInt({ message: `$property must be a whole number from ${min} to ${max}` }),
    Min(min, { message: `$property must be at least ${min}` }),
    Max(max, { message: `$property must be at most ${max}` }),
  );

/** `true` or `false`. */
export const Flag = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      const text = typeof value === 'string' ? value.trim().toLowerCase() : value;
      return text === 'true' ? true : text === 'false' ? false : text;
    }),
    IsBoolean({ message: '$property must be true or false' }),
  );

/** One of a fixed list of values, compared case-insensitively. */
export const OneOf = (...choices: string[]) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      const text = typeof value === 'string' ? value.trim() : value;
      return choices.find((choice) => choice.toLowerCase() === String(text).toLowerCase()) ?? text;
    }),
    IsIn(choices, { message: `$property must be one of ${choices.join(', ')}` }),
  );

/** An absolute URL with one of the given schemes. */
export const Url = (...protocols: string[]) =>
  ValidateBy({
    name: 'url',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        protocols.some((protocol) => value.startsWith(`${protocol}://`)) &&
        (URL.canParse(value) || isURL(value, { require_tld: false, protocols })),
      defaultMessage: () =>
        `$property must be a URL that starts with ${protocols.map((p) => `${p}://`).join(' or ')}`,
    },
  });

/** A comma-separated list. Members are trimmed, empty ones are dropped, and each must pass the check. */
export const List = (describe: string, accepts: (member: string) => boolean) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((member) => member.trim())
            .filter((member) => member !== '')
        : value,
    ),
    MembersAre(describe, accepts),
  );

const MembersAre = (describe: string, accepts: (member: string) => boolean) =>
  ValidateBy({
    name: 'list',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every((member) => accepts(String(member))),
      defaultMessage: () => `$property must be a comma-separated list of ${describe}`,
    },
  });

const MIN_SECRET_BYTES = 32;

const isLongEnough = (secret: string) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES;

/**
 * A comma-separated list of former values of the secret in the variable `current`. White space at the ends of a member may
 * belong to the secret or to the list, so that member stands for the value with it and without it, in this order.
 */
export const FormerSecrets = (current: string) =>
  applyDecorators(
    Transform(({ value, obj }: { value: unknown; obj: Readonly<Record<string, unknown>> }) =>
      typeof value === 'string' ? value.split(',').flatMap((member) => formsOf(member, obj[current])) : value,
    ),
    MembersAre(`former secrets of at least ${MIN_SECRET_BYTES} bytes`, isLongEnough),
  );

/** The current secret may be a former one from which only white space was removed. */
function formsOf(member: string, current: unknown): string[] {
  const trimmed = member.trim();
  if (trimmed === '') return [];
  if (trimmed === member) return [member];
  const forms = [member, trimmed].filter((form) => isLongEnough(form) && form !== current);
  return forms.length > 0 ? forms : [trimmed];
}

/** A secret of at least 32 bytes that is not a placeholder. */
export const Secret = () =>
  ValidateBy({
    name: 'secret',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        isLongEnough(value) &&
        new Set(value).size >= 8 &&
        !/change.?me|replace.?me|placeholder|your.?secret|example|<.*>/i.test(value),
      defaultMessage: () =>
        '$property must be at least 32 bytes of random text and not a placeholder; create one with: openssl rand -base64 48',
    },
  });

/** A limit of the form `limit/seconds`, or `off`; the message says what the first number means. */
export const Limit = (form = 'limit/seconds, for example 5/60') =>
  Matches(/^(off|[1-9]\d{0,6}\/[1-9]\d{0,4})$/, {
    message: `$property must be ${form}, or off`,
  });

/**
 * The largest limit that may be exact. Redis rewrites eight bytes for each admission in the window at every request: 0.8 ms of
 * its time at 10,000, 29 ms at 100,000, during which it does nothing else.
 */
export const MAX_EXACT_LIMIT = 10_000;

/** A {@link Limit} of a policy that is exact. */
export const ExactLimit = () =>
  Matches(/^(off|(10000|[1-9]\d{0,3})\/[1-9]\d{0,4})$/, {
    message: `$property must be limit/seconds, for example 5/60, with a limit of at most ${MAX_EXACT_LIMIT}, or off`,
  });

/** A number from 0 to 1. */
export const Ratio = () =>
  Matches(/^(0(\.\d+)?|1(\.0+)?)$/, { message: '$property must be a ratio from 0 to 1' });
