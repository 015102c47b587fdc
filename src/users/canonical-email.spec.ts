import { fc } from '@fast-check/vitest';
import { isEmail } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { canonicalEmail, isEmailDomain } from './canonical-email.js';

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
  ])('peer fault 58: folds %s', (_what, spelling) => {
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

  it('peer fault 58: splits at the last @, as mail servers do', () => {
    expect(canonicalEmail('"A@B"@Example.com')).toBe('"a@b"@example.com');
  });

  it.each([
    ['ada@evil.example@example.com'],
    ['ada＠evil.example@example.com'],
    ['ada@evil.example﹫example.com'],
    ['ada@@example.com'],
  ])('peer fault 58: does not fold %o, with two @ of any kind, into an address', (text) => {
    expect(isEmail(canonicalEmail(text))).toBe(false);
  });

  it.each([['no address'], [''], ['@'], ['ada@'], ['ada@exa mple.com'], ['ada@[127.0.0.1]']])(
    'does not fold %o into an address',
    (text) => {
      expect(isEmail(canonicalEmail(text))).toBe(false);
    },
  );

  it.each([
    'example.com/evil',
    'example.com\\evil',
    'example.com?evil',
    'example.com#evil',
    'example.com:80',
    'example.com:',
    'example.com%2f.evil.com',
    '%65xample.com',
    'exa\tmple.com',
    'exa\nmple.com',
    'example.com/',
    'example.com／evil',
    'example.com℀',
    'ex_ample.com',
    'example..com',
    '.example.com',
    '-example.com',
    'example-.com',
    `${'a'.repeat(64)}.com`,
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    'example.0x1',
    '[::1]',
    'xn--a.com',
    'xn--.com',
    'exa\u0000mple.com',
    'user@example.com/evil',
  ])('reads no domain out of %j', (domain) => {
    const canonical = canonicalEmail(`ada@${domain}`);
    expect(canonical.endsWith('@example.com')).toBe(false);
    expect(isEmail(canonical) && isEmailDomain(canonical.slice(canonical.lastIndexOf('@') + 1))).toBe(false);
  });

  it('makes a domain of nothing but letters, digits, hyphens, dots and what IDNA maps to them', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const outside = ascii.filter((character) => !/[A-Za-z0-9.-]/.test(character) && character !== '@');
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii', maxLength: 12 }),
        fc.constantFrom(...outside),
        fc.string({ unit: 'binary-ascii', maxLength: 12 }),
        (before, odd, after) => {
          fc.pre(!after.includes('@'));
          const written = `example.com${odd}${after}x`;
          const canonical = canonicalEmail(`ada${before.replaceAll('@', '')}@${written}`);
          expect(isEmailDomain(canonical.slice(canonical.lastIndexOf('@') + 1))).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('keeps a domain of RFC 5321 in lower case as it is written, label by label', () => {
    const letter = fc.constantFrom(
      ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.split(''),
    );
    const inner = fc
      .array(fc.oneof(letter, fc.constant('-')), { maxLength: 10 })
      .map((some) => some.join(''));
    const label = fc.tuple(letter, inner, letter).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
        fc.pre(labels.every((one) => !/^..--/.test(one)));
        const domain = [...labels, 'org'].join('.');
        expect(canonicalEmail(`ada@${domain}`)).toBe(`ada@${domain.toLowerCase()}`);
      }),
    );
  });

  it('does not change a canonical address', () => {
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
