import type { SigningKey } from './signing-key.entity.js';

/** Seconds that a verifier may keep the key set; a new key is published for this long before it signs. */
export const JWKS_MAX_AGE_SECONDS = 300;

/** Longest that an instance may take to see a change of the key table, seconds. */
export const KEY_REFRESH_SECONDS = 15;

/** Clock differences between instances that a token's life must survive, seconds. */
export const LEEWAY_SECONDS = 60;

/**
 * The key that signs now: of those whose time has come, the one whose time came last. With one key it is that one whatever
 * the time: it may have been made under a clock that was ahead.
 */
export function currentKey(keys: readonly SigningKey[], nowMs: number): SigningKey | undefined {
  if (keys.length === 1) return keys[0];
  return keys
    .filter((key) => key.signsFrom.getTime() <= nowMs)
    .toSorted((a, b) => b.signsFrom.getTime() - a.signsFrom.getTime())[0];
}

/** When a key made now may sign: every verifier's copy and every instance's view are newer by then. */
export function firstUse(nowMs: number): Date {
  return new Date(nowMs + (JWKS_MAX_AGE_SECONDS + KEY_REFRESH_SECONDS) * 1000);
}

/** Keys whose last token has expired: a successor took over longer ago than the lifetime of a token. */
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
