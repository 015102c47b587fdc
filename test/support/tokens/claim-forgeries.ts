import { type Forgery, parts } from './forgery.js';
import { encoded } from './token-forge.js';

const withClaims =
  (members: Record<string, unknown>): Forgery[1] =>
  ({ forge, claims }) =>
    forge.signed(forge.header, { ...claims, ...members });
const withoutClaim =
  (claim: string): Forgery[1] =>
  ({ forge, claims }) => {
    const { [claim]: _dropped, ...rest } = claims;
    return forge.signed(forge.header, rest);
  };
/** JSON that JSON.stringify cannot write: the value of the claim is a number in another notation. */
const withRawClaim =
  (claim: string, raw: string): Forgery[1] =>
  ({ forge, claims }) => {
    const { [claim]: _dropped, ...rest } = claims;
    return forge.signed(forge.header, `${JSON.stringify(rest).slice(0, -1)},"${claim}":${raw}}`);
  };

/** Claims, each signed with the genuine key (RFC 9068 section 4, RFC 8725 sections 3.8 to 3.12). */
export const CLAIM_FORGERIES: readonly Forgery[] = [
  ...['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'client_id', 'roles'].map((claim): Forgery => [
    `no ${claim}`,
    withoutClaim(claim),
  ]),
  [
    'the issuer with a trailing slash',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, iss: `${String(claims['iss'])}/` }),
  ],
  [
    'the issuer in upper case',
    ({ forge, claims }) =>
      forge.signed(forge.header, { ...claims, iss: String(claims['iss']).toUpperCase() }),
  ],
  [
    'a prefix of the issuer',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, iss: String(claims['iss']).slice(0, -1) }),
  ],
  [
    'the issuer in a list',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, iss: [claims['iss']] }),
  ],
  ['another issuer', withClaims({ iss: 'https://evil.example' })],
  [
    'the audience in a list',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, aud: [claims['aud']] }),
  ],
  [
    'the audience among others',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, aud: ['other', claims['aud']] }),
  ],
  ['another audience', withClaims({ aud: 'other' })],
  ['the audience with a suffix', withClaims({ aud: 'portcullis-admin' })],
  ['a prefix of the audience', withClaims({ aud: 'portculli' })],
  ['the audience in upper case', withClaims({ aud: 'PORTCULLIS' })],
  ['an empty audience', withClaims({ aud: '' })],
  ['an expiry as text', withClaims({ exp: '99999999999' })],
  ['a negative expiry', withClaims({ exp: -1 })],
  ['an expiry in the past', withClaims({ exp: 1_000_000_000 })],
  ['an expiry that is not an integer', withClaims({ exp: 99_999_999_999.5 })],
  ['an expiry of null', withClaims({ exp: null })],
  ['an expiry beyond the range of numbers', withRawClaim('exp', '1e400')],
  ['an expiry in a list', withClaims({ exp: [99_999_999_999] })],
  ['an issue time as text', withClaims({ iat: '1' })],
  [
    'an issue time in an hour',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, iat: Number(claims['iat']) + 3600 }),
  ],
  [
    'nbf in an hour',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, nbf: Number(claims['iat']) + 3600 }),
  ],
  ['nbf as text', withClaims({ nbf: '0' })],
  ['a subject that is not an id', withClaims({ sub: 'admin' })],
  ['a subject of SQL', withClaims({ sub: "' OR '1'='1" })],
  [
    'a session in a list',
    ({ forge, claims }) => forge.signed(forge.header, { ...claims, sid: [claims['sid']] }),
  ],
  ['roles that are not a list', withClaims({ roles: 'admin' })],
  ['a role that does not exist', withClaims({ roles: ['root'] })],
  ['a payload that is not JSON', ({ forge }) => forge.signed(forge.header, 'no JSON')],
  ['a payload of null', ({ forge }) => forge.signed(forge.header, 'null')],
  ['a payload that is a list', ({ forge }) => forge.signed(forge.header, '[]')],
  ['a payload that is a text', ({ forge }) => forge.signed(forge.header, '"text"')],
  ['a payload that is a number', ({ forge }) => forge.signed(forge.header, '7')],
  [
    'a payload that is not UTF-8',
    ({ forge, claims }) => {
      const text = JSON.stringify({ ...claims, jti: 'J' });
      const input = `${encoded(forge.header)}.${Buffer.from(text.replace('"J"', '"\xff"'), 'latin1').toString('base64url')}`;
      return `${input}.${parts(forge.signed(forge.header, claims))[2]}`;
    },
  ],
];
