import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { IsDisplayName } from './display-name.decorator.js';

class Named {
  @IsDisplayName()
  name: unknown;
}

const read = (name: unknown) => {
  const named = plainToInstance(Named, { name });
  return validateSync(named).length === 0 ? named.name : undefined;
};

describe('a display name', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ["  Conan O'Brien \u3000", "Conan O'Brien"],
    ['Jose\u0301', 'José'],
    ['李小龍', '李小龍'],
    ['Łukasz (R&D) 👩‍💻', 'Łukasz (R&D) 👩‍💻'],
    ['می‌خواهم', 'می‌خواهم'],
    ['<b>Bold</b>', '<b>Bold</b>'],
    ['😀'.repeat(80), '😀'.repeat(80)],
    // Four code points that are one in NFC.
    ['\u03b1\u0313\u0300\u0345'.repeat(80), '\u1f82'.repeat(80)],
  ])('may be %s', (given, kept) => {
    expect(read(given)).toBe(kept);
  });

  it.each([
    ['nothing', ''],
    ['spaces alone', ' \u3000 '],
    ['81 characters', 'a'.repeat(81)],
    ['81 code points of two units each', '😀'.repeat(81)],
    ['a line feed, which forges a line of a log', 'Ada\nroot'],
    ['an escape sequence', 'Ada\u001b[31m'],
    ['NUL', 'Ada\0'],
    ['a line separator', 'Ada\u2028root'],
    ['a right-to-left override, which reverses what follows', 'Ada\u202egnp.exe'],
    ['an isolate', 'Ada\u2066x\u2069'],
    ['a zero-width space', 'A\u200bda'],
    ['a byte order mark inside', 'A\ufeffda'],
    ['a lone surrogate', 'Ada \ud800'],
    ['a private-use character', 'Ada \ue000'],
    ['a number', 7],
    ['a list', ['Ada']],
    ['an object', { toString: 'Ada' }],
    ['true', true],
    ['null', null],
  ])('is not %s', (_what, given) => {
    expect(read(given)).toBeUndefined();
  });
});
