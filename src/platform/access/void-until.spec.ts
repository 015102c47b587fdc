import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { firstValidSecond, isVoid, voidUntilOf } from './void-until.js';

const at = (ms: number) => new Date(ms);

describe('After a reduction, a token', () => {
  it.each([
    ['of the second before is void', 999, true],
    ['of the same second is void, even of a later millisecond', 1000, true],
    ['of the next second is valid', 1001, false],
  ])('%s', (_, issuedAt, expected) => {
    for (const ms of [1_000_000, 1_000_001, 1_000_999])
      expect(isVoid(issuedAt, voidUntilOf(at(ms)))).toBe(expected);
  });

  it('is valid from the first valid second on, and not before', () => {
    fc.assert(
      fc.property(fc.nat(4e12), (ms) => {
        const voidUntil = voidUntilOf(at(ms));
        const first = firstValidSecond(voidUntil);
        expect(isVoid(first, voidUntil)).toBe(false);
        expect(isVoid(first - 1, voidUntil)).toBe(true);
        expect(first * 1000).toBeGreaterThan(ms);
      }),
    );
  });
});

describe('Without a reduction', () => {
  it('no token is void, and a new one can be of any second', () => {
    expect(voidUntilOf(null)).toBeUndefined();
    for (const issuedAt of [0, 1, 4e9]) expect(isVoid(issuedAt, undefined)).toBe(false);
    expect(firstValidSecond(undefined)).toBe(0);
  });
});
