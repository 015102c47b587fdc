import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { SystemRandomness } from '../../platform/crypto/randomness.js';
import { beginsLikeKey, hintOf, isWellFormedKey, KEY_PATTERN, newKey } from './key-format.js';

const randomness = new SystemRandomness();
const kinds = fc.constantFrom('user' as const, 'service-account' as const);

/** Computed with Python's zlib. */
const KNOWN = [
  'ptc_u_000000000000000000000000000000002NusLo',
  'ptc_s_Portcullis0123456789ABCDEFabcdef36RAvG',
  'ptc_u_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz3slgio',
  'ptc_s_00000000000000000000000000000168002J5r',
];

describe('the format of API keys', () => {
  it.each(KNOWN)('has a checksum that other programs can compute: %s', (key) => {
    expect(isWellFormedKey(key)).toBe(true);
  });

  it('holds for every new key, which never repeats', () => {
    const keys = new Set<string>();
    fc.assert(
      fc.property(kinds, (kind) => {
        const key = newKey(kind, randomness);
        expect(key).toMatch(new RegExp(`^${KEY_PATTERN}$`));
        expect(key.startsWith(kind === 'user' ? 'ptc_u_' : 'ptc_s_')).toBe(true);
        expect(isWellFormedKey(key) && beginsLikeKey(key)).toBe(true);
        expect(hintOf(key)).toBe(key.slice(0, 10));
        keys.add(key);
      }),
      { numRuns: 1000 },
    );
    expect(keys.size).toBe(1000);
  });

  it('draws every digit equally often', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 2000; n += 1)
      for (const digit of newKey('user', randomness).slice(6, 38))
        counts.set(digit, (counts.get(digit) ?? 0) + 1);
    // 64,000 digits, about 1032 of each; the standard deviation is 32.
    expect(counts.size).toBe(62);
    expect(Math.min(...counts.values())).toBeGreaterThan(800);
    expect(Math.max(...counts.values())).toBeLessThan(1270);
  });

  it('refuses a key with any other character at any place', () => {
    const characters = fc.constantFrom(
      ...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. '.split(''),
    );
    fc.assert(
      fc.property(kinds, fc.nat(43), characters, (kind, at, character) => {
        const key = newKey(kind, randomness);
        const changed = key.slice(0, at) + character + key.slice(at + 1);
        expect(isWellFormedKey(changed)).toBe(changed === key);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses every other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 80 }),
          fc.string().map((text) => `ptc_u_${text}`),
        ),
        (text) => {
          expect(isWellFormedKey(text)).toBe(false);
        },
      ),
    );
    const key = newKey('user', randomness);
    for (const text of [`${key}\n`, ` ${key}`, key.slice(1), key.toUpperCase(), `${key}0`])
      expect(isWellFormedKey(text)).toBe(false);
  });
});
