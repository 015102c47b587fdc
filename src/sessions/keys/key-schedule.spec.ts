import { describe, expect, it } from 'vitest';
import { currentKey, deadKeys, firstUse, JWKS_MAX_AGE_SECONDS, KEY_REFRESH_SECONDS } from './key-schedule.js';
import { SigningKey } from './signing-key.entity.js';

const keyFrom = (kid: string, signsFromSeconds: number) =>
  Object.assign(new SigningKey(), { kid, signsFrom: new Date(signsFromSeconds * 1000) });
const kids = (keys: readonly SigningKey[]) => keys.map((key) => key.kid);

const TOKEN_SECONDS = 1800;
const old = keyFrom('old', 0);
const next = keyFrom('next', 10_000);
const last = keyFrom('last', 20_000);

describe('the key that signs', () => {
  it('is the one that started to sign last, regardless of the order of the rows', () => {
    expect(currentKey([old, next, last], 9_999_999)?.kid).toBe('old');
    expect(currentKey([last, old, next], 10_000_000)?.kid).toBe('next');
    expect(currentKey([next, last, old], 30_000_000)?.kid).toBe('last');
  });

  it('is the earliest before the start time of every key, because the clock may have been ahead when they were created', () => {
    expect(currentKey([next], 0)?.kid).toBe('next');
    expect(currentKey([last, next], 0)?.kid).toBe('next');
  });

  it('is undefined if there is none', () => {
    expect(currentKey([], 0)).toBeUndefined();
  });

  it('signs nowhere before copies of the key set are renewed that any instance could publish without it', () => {
    const nowMs = Date.UTC(2026, 0, 1);
    const renewedMs = nowMs + (JWKS_MAX_AGE_SECONDS + KEY_REFRESH_SECONDS) * 1000;
    const created = Object.assign(keyFrom('created', 0), { signsFrom: firstUse(nowMs) });
    const aheadMs = 60_000;
    expect(currentKey([old, created], renewedMs - 1 + aheadMs)?.kid).toBe('old');
  });
});

describe('a key can be deleted', () => {
  it('once its successor has signed for longer than the lifetime of a token plus the leeway', () => {
    const slackSeconds = KEY_REFRESH_SECONDS + 60;
    const at = (seconds: number) => kids(deadKeys([old, next], seconds * 1000, TOKEN_SECONDS));
    expect(at(10_000)).toEqual([]);
    expect(at(10_000 + TOKEN_SECONDS)).toEqual([]);
    expect(at(10_000 + TOKEN_SECONDS + slackSeconds - 1)).toEqual([]);
    expect(at(10_000 + TOKEN_SECONDS + slackSeconds)).toEqual(['old']);
  });

  it('but not before its successor signs', () => {
    expect(kids(deadKeys([old, keyFrom('future', 1e9)], 1e11, TOKEN_SECONDS))).toEqual([]);
  });

  it('but never if it is the only key or the latest one', () => {
    expect(kids(deadKeys([old], Number.MAX_SAFE_INTEGER, TOKEN_SECONDS))).toEqual([]);
    expect(kids(deadKeys([old, next, last], Number.MAX_SAFE_INTEGER, TOKEN_SECONDS))).toEqual([
      'old',
      'next',
    ]);
  });
});
