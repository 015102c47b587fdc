import { fc } from '@fast-check/vitest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { parseJson } from './json-body.js';

const read = (text: string | Buffer) => parseJson(Buffer.from(text as string));

/** Returns the public sentence of the refusal, or null if the text was accepted. Rethrows any other error. */
function refusalOf(text: string | Buffer): string | null {
  try {
    read(text);
    return null;
  } catch (error) {
    if (!(error instanceof Problem) || error.row !== PlatformErrors.malformed_request) throw error;
    return error.occurrence.detail ?? '';
  }
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const members = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index])));
const quoted = (...bytes: number[]) => Buffer.from([0x22, ...bytes, 0x22]);

/** Whether a member's name, at any depth, is one that JSON writes with an escape. */
const hasEscapedName = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ((!Array.isArray(value) && Object.keys(value).some((name) => JSON.stringify(name).includes('\\'))) ||
    Object.values(value).some(hasEscapedName));

const SYNTAX = 'The body is not valid JSON.';
const ENCODING = 'The body is not valid UTF-8.';
const TWICE = 'The body names a member twice.';

describe('parseJson', () => {
  it('parses like JSON.parse when no member is repeated', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), fc.constantFrom(0, 2, '\t', '\r\n'), (value, indent) => {
        fc.pre(!JSON.stringify(value).includes('__proto__') && !hasEscapedName(value));
        const text = JSON.stringify(value, null, indent === '\r\n' ? 1 : indent).replaceAll(
          '\n',
          indent === '\r\n' ? '\r\n' : '\n',
        );
        expect(read(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('treats quotes, colons and backslashes within strings as text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[:{},a]{0,8}$/), fc.stringMatching(/^["\\:{},a]{0,8}$/)),
        (members) => {
          expect(read(JSON.stringify(members))).toEqual(members);
        },
      ),
    );
  });

  it('decodes escaped names', () => {
    const escaped = (text: string) =>
      Array.from(text, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-zé:{}]{1,8}$/), { minLength: 1, maxLength: 5 }),
        (names) => {
          const text = `{${names.map((name, index) => `"${escaped(name)}" : ${index}`).join(',')}}`;
          expect(read(text)).toEqual(Object.fromEntries(names.map((name, index) => [name, index])));
        },
      ),
    );
  });

  it.each(['"', '\\', '\n', '\0', '\u001f', '\ud800'])(
    'refuses a name that cannot be written without an escape: %j',
    (name) => {
      expect(refusalOf(JSON.stringify({ [name]: 1 }))).toBe('The body names a member that is not allowed.');
      expect(refusalOf(JSON.stringify({ fine: { [`a${name}b`]: 1 } }))).toBe(
        'The body names a member that is not allowed.',
      );
    },
  );

  it.each(['{"\\x":1}', '{"\\u00zz":1}', '{"\\u006":1}'])('refuses a name that is not JSON: %s', (text) => {
    expect(refusalOf(text)).toBe(SYNTAX);
  });

  it.each([
    ['beside each other', '{"a":1,"a":2}'],
    ['equally', '{"a":1,"a":1}'],
    ['with others between', '{"a":1,"b":2,"a":3}'],
    ['once with an escape', '{"a":1,"\\u0061":2}'],
    ['by two escapes', '{"\\u0061":1,"\\u0061":2}'],
    ['in a nested object', '{"x":{"a":1,"a":2}}'],
    ['in an object of a list', '[{"a":1},{"a":1,"a":2}]'],
    ['with an object in the first', '{"a":{"b":1,"c":2},"a":1}'],
    ['with the empty name', '{"":1,"":2}'],
    ['with white space before the colon', '{"a" :1,"a"\n:2}'],
    ['with names like numbers', '{"1":1,"1":2}'],
  ])('refuses a member named twice: %s', (_how, text) => {
    expect(refusalOf(text)).toBe(TWICE);
  });

  it.each(['{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '{"a":"a","b":"\\"a\\":"}', '{"a":":","b":"\\\\"}'])(
    'accepts equal names in different objects, and names within texts: %s',
    (text) => {
      expect(read(text)).toEqual(JSON.parse(text));
    },
  );

  it.each([
    ['itself', '{"__proto__":{"admin":true}}'],
    ['with an escape', '{"\\u005f_proto__":{"admin":true}}'],
    ['nested', '{"a":[{"__proto__":1}]}'],
  ])('refuses __proto__ %s, and pollutes nothing', (_how, text) => {
    expect(refusalOf(text)).toBe('The body names a member that is not allowed.');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('reads sixteen levels and no more, however many are written', () => {
    expect(refusalOf(nested(16))).toBeNull();
    expect(refusalOf(nested(17))).toBe('The body is nested too deeply.');
    expect(refusalOf(nested(32_768))).toBe('The body is nested too deeply.');
    expect(refusalOf('{"a":'.repeat(100) + '1' + '}'.repeat(100))).toBe('The body is nested too deeply.');
  });

  it('reads four hundred members and no more', () => {
    expect(refusalOf(members(400))).toBeNull();
    expect(refusalOf(members(401))).toBe('The body has too many members.');
  });

  it('reads two thousand values and no more, all of them texts', () => {
    const body = (items: number) => ({
      ...Object.fromEntries(Array.from({ length: 399 }, (_, index) => [`m${index}`, 'a'])),
      list: Array.from({ length: items }, () => 'a'),
    });
    expect(refusalOf(JSON.stringify(body(1600)))).toBeNull();
    expect(refusalOf(JSON.stringify(body(1601)))).toBe('The body has too many values.');
  });

  it('refuses invalid UTF-8, which the default decoder would repair silently', () => {
    expect(refusalOf(quoted(0xff))).toBe(ENCODING);
    expect(refusalOf(quoted(0xc3))).toBe(ENCODING);
    expect(refusalOf(quoted(0xc0, 0xaf))).toBe(ENCODING);
    expect(refusalOf(quoted(0xed, 0xa0, 0x80))).toBe(ENCODING);
    expect(refusalOf(quoted(0xf4, 0x90, 0x80, 0x80))).toBe(ENCODING);
    expect(refusalOf(Buffer.from('{"a":1}', 'utf16le'))).not.toBeNull();
    expect(read(quoted(0xf0, 0x9f, 0x98, 0x80))).toBe('😀');
  });

  it('refuses a byte order mark (RFC 8259 section 8.1)', () => {
    expect(refusalOf('\ufeff{}')).toBe(SYNTAX);
  });

  it('accepts the escape of a lone surrogate, which validators refuse in text', () => {
    expect(read('{"a":"\\ud800"}')).toEqual({ a: '\ud800' });
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1',
    '{a:1}',
    "{'a':1}",
    '{"a":1,}',
    '{"a":1}x',
    '{} {}',
    'NaN',
    '01',
    '"\n"',
    '/**/{}',
    '{"a":undefined}',
  ])('refuses %o', (text) => {
    expect(refusalOf(text)).toBe(SYNTAX);
  });

  it('refuses arbitrary bytes with malformed_request and no other error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => refusalOf(Buffer.from(bytes))).not.toThrow();
      }),
    );
  });

  it.each([
    ['a list', `["\\n"${',""'.repeat(20_000)}]`, 'The body has too many values.'],
    [
      'a list that a later member replaces',
      `{"a":["\\n"${',""'.repeat(20_000)}],"a":1}`,
      'The body has too many values.',
    ],
    [
      'a member that is named again and again',
      `{"\\/":1${',"a":1'.repeat(10_000)}}`,
      'The body has too many members.',
    ],
  ])('refuses a body of the largest size after few of its strings: %s', (_what, text, detail) => {
    const search = vi.spyOn(RegExp.prototype, 'exec');
    onTestFinished(() => search.mockRestore());
    const refusal = refusalOf(text);
    const searches = search.mock.calls.length;
    expect(refusal).toBe(detail);
    expect(searches).toBeLessThanOrEqual(2500);
  });

  it('takes linear time, also for text of only quotes and backslashes', () => {
    const startedMs = performance.now();
    refusalOf(JSON.stringify({ a: '"\\'.repeat(16_000) }));
    refusalOf('"'.repeat(65_000));
    refusalOf(`"${'\\"'.repeat(32_000)}`);
    expect(performance.now() - startedMs).toBeLessThan(200);
  });
});
