import type { SigningKey } from './signing-key.entity.js';

/** Seconds that a verifier may cache the key set; a new key is published for at least this long before it signs. */
export const JWKS_MAX_AGE_SECONDS = 300;

/** The longest time until an instance sees a change of the key table, seconds. */
export const KEY_REFRESH_SECONDS = 15;

/** Clock difference between instances that must neither invalidate a token early nor put a key in force early, seconds. */
export const LEEWAY_SECONDS = 60;

/**
 * The key that signs now: the one with the latest start time that is not in the future. If all are, the earliest signs, because
 * they may have been created while the clock was ahead.
 */
export function currentKey(keys: readonly SigningKey[], nowMs: number): SigningKey | undefined {
  const byStart = keys.toSorted((a, b) => a.signsFrom.getTime() - b.signsFrom.getTime());
  return byStart.findLast((key) => key.signsFrom.getTime() <= nowMs) ?? byStart[0];
}

/**
 * When a key that is created now may start to sign: by then every verifier and every instance has loaded it, also on the clock of
 * an instance that is ahead.
 */
export function firstUse(nowMs: number): Date {
  return new Date(nowMs + (JWKS_MAX_AGE_SECONDS + KEY_REFRESH_SECONDS + LEEWAY_SECONDS) * 1000);
}

/** Keys whose last token has expired, because a successor took over longer ago than the lifetime of a token. */
export function deadKeys(
  keys: readonly SigningKey[],
  nowMs: number,
  accessTokenSeconds: number,
): SigningKey[] {
  const graceMs = (accessTokenSeconds + KEY_REFRESH_SECONDS + LEEWAY_SECONDS) * 1000;
  return keys.filter((key) =>
    keys.some((other) => other.signsFrom > key.signsFrom && other.signsFrom.getTime() + graceMs <= nowMs),
  );
}
