import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { Randomness, SystemRandomness } from '../crypto/randomness.js';
import { canonicalCode, randomCode } from './secret-code.js';

describe('A code for people to type', () => {
  const codes = Array.from({ length: 2000 }, () => randomCode(new SystemRandomness()));

  it('has eight letters and digits that are not easily confused', () => {
    for (const code of codes) expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('uses all 31 characters', () => {
    expect(new Set(codes.join('')).size).toBe(31);
  });

  it('rejects bytes that would make some characters more likely', () => {
    class Counting extends Randomness {
      private drawn = 0;
      bytes(length: number): Buffer {
        return Buffer.from(Array.from({ length }, () => (this.drawn++ % 2 === 0 ? 255 : 30)));
      }
    }
    expect(randomCode(new Counting())).toBe('ZZZZZZZZ');
  });

  it('is accepted in any spelling', () => {
    const separator = fc.constantFrom('', ' ', '-', '\u00a0', '\u2011', '\t');
    fc.assert(
      fc.property(
        fc.constantFrom(...codes.slice(0, 50)),
        separator,
        fc.boolean(),
        (code, between, isLower) => {
          const typed = `${code.slice(0, 4)}${between}${code.slice(4)}`;
          expect(canonicalCode(isLower ? typed.toLowerCase() : typed)).toBe(code);
        },
      ),
    );
  });
});
