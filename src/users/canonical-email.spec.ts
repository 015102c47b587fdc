import { fc } from '@fast-check/vitest';
import { isEmail } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { canonicalEmail } from './canonical-email.js';

describe('canonicalEmail', () => {
  it.each([
    ['letters in any case', 'Ada.Lovelace@Example.COM'],
    ['full-width letters', 'ａｄａ.lovelace@example.com'],
    ['a full-width @', 'ada.lovelace＠example.com'],
    ['a small-form @', 'ada.lovelace﹫example.com'],
    ['full-width dots in the domain', 'ada.lovelace@example．com'],
    ['an ideographic full stop', 'ada.lovelace@example。com'],
    ['white space around it', '\u3000 ada.lovelace@example.com\t'],
    ['the root label of the domain', 'ada.lovelace@example.com.'],
    ['mathematical letters', '𝐚𝐝𝐚.lovelace@example.com'],
    ['a soft hyphen in the domain', 'ada.lovelace@exam\u00adple.com'],
  ])('folds %s', (_what, spelling) => {
    expect(canonicalEmail(spelling)).toBe('ada.lovelace@example.com');
  });

  it.each([
    ['ada@MÜNCHEN.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@mu\u0308nchen.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@straße.example', 'ada@xn--strae-oqa.example'],
    ['JOSÉ@example.com', 'josé@example.com'],
    ['jose\u0301@example.com', 'josé@example.com'],
    ['\u212Aelvin@example.com', 'kelvin@example.com'],
  ])('spells %s as %s', (spelling, canonical) => {
    expect(canonicalEmail(spelling)).toBe(canonical);
  });

  it('keeps dots and tags of the local part, which only its own host may fold', () => {
    expect(canonicalEmail('a.d.a+news@example.com')).toBe('a.d.a+news@example.com');
  });

  it('splits at the last @, as mail servers do', () => {
    expect(canonicalEmail('"A@B"@Example.com')).toBe('"a@b"@example.com');
  });

  it.each([['no address'], [''], ['@'], ['ada@'], ['ada@exa mple.com'], ['ada@[127.0.0.1]']])(
    'leaves %o for the validator to refuse',
    (text) => {
      expect(isEmail(canonicalEmail(text))).toBe(false);
    },
  );

  it('does not change what it has made canonical', () => {
    const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const label = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const address = fc.tuple(
      local,
      fc.constantFrom('@', '＠', '﹫'),
      label,
      fc.constantFrom('.com', '。COM.', ''),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          address.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const canonical = canonicalEmail(text);
          fc.pre(isEmail(canonical));
          expect(canonicalEmail(canonical)).toBe(canonical);
        },
      ),
      { numRuns: 300, maxSkipsPerRun: 1000 },
    );
  });

  it('gives one spelling to an address in any mixture of cases and forms', () => {
    const letters = fc.array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'.split('')), {
      minLength: 1,
      maxLength: 12,
    });
    const variants = fc.array(fc.constantFrom('lower', 'upper', 'full'), { minLength: 24, maxLength: 24 });
    const spell = (character: string, variant: string | undefined) => {
      if (variant === 'upper') return character.toUpperCase();
      return variant === 'full' ? String.fromCodePoint(character.codePointAt(0)! + 0xfee0) : character;
    };
    fc.assert(
      fc.property(letters, letters, variants, (local, domain, how) => {
        const plain = `${local.join('')}@d${domain.join('')}.org`;
        const odd = `${local.map((c, i) => spell(c, how[i])).join('')}＠d${domain.map((c, i) => spell(c, how[i + 12])).join('')}.ORG`;
        expect(canonicalEmail(odd)).toBe(canonicalEmail(plain));
      }),
    );
  });
});
