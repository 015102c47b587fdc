import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readAlteredKid, readCompactJws } from './compact-jws.js';

const HEADER = { alg: 'RS256', typ: 'at+jwt', kid: 'key-1' };
const part = (text: string | Buffer) => Buffer.from(text as string).toString('base64url');
const jws = (header: unknown, payload = '{}', signature = 'AAAA') =>
  `${part(typeof header === 'string' ? header : JSON.stringify(header))}.${part(payload)}.${signature}`;
const read = (token: string) => readCompactJws(token, 'RS256');

describe('readCompactJws', () => {
  it('returns the kid of a header that has exactly the pinned algorithm, an explicit type and a kid', () => {
    expect(read(jws(HEADER))).toEqual({ kid: 'key-1' });
    expect(read(jws({ ...HEADER, typ: 'application/at+jwt' }))).toEqual({ kid: 'key-1' });
    expect(read(jws('{ "kid" : "key-1", "typ":"at+jwt","alg":"RS256" }'))).toEqual({ kid: 'key-1' });
  });

  it.each([
    'none',
    'NONE',
    'None',
    '',
    'HS256',
    'rs256',
    'RS256 ',
    'RS384',
    'RS512',
    'PS256',
    'ES256',
    'EdDSA',
    null,
    0,
    ['RS256'],
  ])('refuses the algorithm %j', (alg) => {
    expect(read(jws({ ...HEADER, alg }))).toBeNull();
  });

  it.each(['JWT', 'jwt', '', 'AT+JWT', 'at+jwt ', 'application/AT+JWT', 'rt+jwt', null, ['at+jwt']])(
    'refuses the type %j',
    (typ) => {
      expect(read(jws({ ...HEADER, typ }))).toBeNull();
    },
  );

  it.each([['', null, 7, ['key-1'], { a: 1 }, true, 'k'.repeat(65)]])(
    'refuses a kid such as %j',
    (...kids) => {
      for (const kid of kids) expect(read(jws({ ...HEADER, kid }))).toBeNull();
    },
  );

  it.each(['alg', 'typ', 'kid'])('refuses a header without %s', (member) => {
    const { [member as 'alg']: _dropped, ...rest } = HEADER;
    expect(read(jws(rest))).toBeNull();
    expect(read(jws({ ...rest, other: 'x' }))).toBeNull();
  });

  it.each(['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c', 'x5t', 'cty', 'zip', 'enc', 'nonce', 'url'])(
    'refuses a header with %s',
    (member) => {
      expect(read(jws({ ...HEADER, [member]: ['exp'] }))).toBeNull();
    },
  );

  it.each([['[]'], ['null'], ['"text"'], ['7'], ['{'], [''], ['{"alg":"RS256"']])(
    'refuses the header %s',
    (header) => {
      expect(read(jws(header))).toBeNull();
    },
  );

  it('refuses a header that is not UTF-8 or that begins with a byte order mark', () => {
    const [header, ...rest] = jws(HEADER).split('.') as [string, string, string];
    const bytes = Buffer.from(header, 'base64url');
    expect(
      read([part(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])), ...rest].join('.')),
    ).toBeNull();
    expect(
      read(
        [part(Buffer.concat([bytes.subarray(0, -1), Buffer.from(',"a":"\xff"}', 'latin1')])), ...rest].join(
          '.',
        ),
      ),
    ).toBeNull();
  });

  it.each([
    ['two parts', jws(HEADER).replace(/\.[^.]+$/, '')],
    ['four parts', `${jws(HEADER)}.AAAA`],
    ['the five parts of a JWE', `${jws(HEADER)}.AAAA.AAAA`],
    ['an empty payload', jws(HEADER, '')],
    ['no signature', jws(HEADER, '{}', '')],
    ['a line feed after it', `${jws(HEADER)}\n`],
    ['a space before it', ` ${jws(HEADER)}`],
    ['padding', `${jws(HEADER)}=`],
    ['the alphabet of plain base64', jws(HEADER, '{}', 'AA+/')],
    [
      'the JSON serialisation',
      JSON.stringify({ payload: 'e30', protected: part(JSON.stringify(HEADER)), signature: 'AAAA' }),
    ],
    ['a percent-encoded dot', jws(HEADER).replace('.', '%2E')],
    ['more than 4,096 characters', jws(HEADER, '{}', 'A'.repeat(4096))],
    ['nothing', ''],
    ['dots', '..'],
  ])('refuses %s', (_what, token) => {
    expect(read(token)).toBeNull();
  });

  it('refuses every other spelling of the same bytes', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const payload of ['{}', '{"a":1}', '{"a":12}']) {
      for (const signature of ['AAA', 'AA', 'AAAA']) {
        const token = jws(HEADER, payload, signature);
        const bytes = token.split('.').map((one) => Buffer.from(one, 'base64url').toString('hex'));
        for (const last of alphabet.split('')) {
          const spelled = token.slice(0, -1) + last;
          if (
            spelled === token ||
            Buffer.from(spelled.split('.')[2]!, 'base64url').toString('hex') !== bytes[2]
          )
            continue;
          expect(read(spelled)).toBeNull();
        }
      }
    }
  });

  it('refuses a signature that is too short or too long for ES256', () => {
    const header = { ...HEADER, alg: 'ES256' };
    const signed = (bytes: number) => jws(header, '{}', Buffer.alloc(bytes, 1).toString('base64url'));
    expect(readCompactJws(signed(64), 'ES256')).toEqual({ kid: 'key-1' });
    for (const bytes of [1, 63, 65, 72, 128]) expect(readCompactJws(signed(bytes), 'ES256')).toBeNull();
  });

  it('never throws', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.jsonValue(), fc.string(), fc.base64String())
        .map(([header, payload, signature]) => jws(header, payload, signature)),
    );
    fc.assert(
      fc.property(anything, (token) => {
        expect(read(token)).toBeNull();
      }),
    );
  });
});

describe('readAlteredKid', () => {
  const kidOf = (token: string) => readAlteredKid(token, 'RS256');
  const { alg: _alg, ...withoutAlgorithm } = HEADER;

  it.each([
    ['no signature and the algorithm none', jws({ ...HEADER, alg: 'none' }, '{}', '')],
    ['a signature and the algorithm none', jws({ ...HEADER, alg: 'none' })],
    ['the algorithm HS256', jws({ ...HEADER, alg: 'HS256' })],
    ['no algorithm', jws(withoutAlgorithm)],
    ['a key of its own', jws({ ...HEADER, jwk: { kty: 'RSA' } })],
    ['a link to keys', jws({ ...HEADER, jku: 'https://example.com/jwks' })],
    ['critical extensions', jws({ ...HEADER, crit: ['b64'], b64: false })],
  ])('returns the kid of a token with %s', (_what, token) => {
    expect(kidOf(token)).toBe('key-1');
  });

  it.each([
    ['has the header of a genuine one', jws(HEADER)],
    ['was shortened', jws(HEADER, '{}', '')],
    ['has another type', jws({ ...HEADER, typ: 'JWT', alg: 'none' })],
    ['has no kid', jws({ alg: 'none', typ: 'at+jwt' }, '{}', '')],
    ['has a kid that is too long', jws({ ...HEADER, alg: 'none', kid: 'k'.repeat(65) }, '{}', '')],
    ['has a payload that is no object', jws({ ...HEADER, alg: 'none' }, '7', '')],
    ['has a header that is no object', jws('[]')],
    ['is too long', jws({ ...HEADER, alg: 'none' }, '{}', 'A'.repeat(4096))],
    ['is none', 'nonsense'],
  ])('returns nothing for a token that %s', (_what, token) => {
    expect(kidOf(token)).toBeNull();
  });
});
