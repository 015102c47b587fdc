import { CompactEncrypt } from 'jose';
import { type Forgery, parts, withHeader, withoutHeader } from './forgery.js';
import { encoded } from './token-forge.js';

const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Types, extensions and forms (RFC 9068 section 4, RFC 7515 section 4.1.11, RFC 8725 section 3.14). */
export const FORM_FORGERIES: readonly Forgery[] = [
  ['the type of any JWT', withHeader({ typ: 'JWT' })],
  ['no type', withoutHeader('typ')],
  ['the type of an ID token', withHeader({ typ: 'id+jwt' })],
  ['an unknown critical extension', withHeader({ crit: ['exp'], exp: 1 })],
  ['an empty list of critical extensions', withHeader({ crit: [] })],
  ['an unencoded payload', withHeader({ b64: false, crit: ['b64'] })],
  ['an unencoded payload that is not critical', withHeader({ b64: false })],
  ['a compressed payload', withHeader({ zip: 'DEF' })],
  ['an unknown member', withHeader({ x: 1 })],
  [
    'the flattened JSON serialisation',
    ({ genuine }) => {
      const [header, payload, signature] = parts(genuine);
      return JSON.stringify({ protected: header, payload, signature });
    },
  ],
  [
    'the general JSON serialisation',
    ({ genuine }) => {
      const [header, payload, signature] = parts(genuine);
      return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    },
  ],
  [
    'the JSON serialisation in base64url',
    ({ genuine }) => {
      const [header, payload, signature] = parts(genuine);
      return encoded({ protected: header, payload, signature });
    },
  ],
  [
    'an encrypted token',
    ({ genuine, forge }) =>
      new CompactEncrypt(Buffer.from(genuine))
        .setProtectedHeader({
          alg: forge.algorithm === 'RS256' ? 'RSA-OAEP-256' : 'ECDH-ES',
          enc: 'A256GCM',
          kid: forge.kid,
          typ: 'at+jwt',
        })
        .encrypt(forge.publicKey),
  ],
  ['a token within a token', ({ genuine, forge }) => forge.signed({ ...forge.header, cty: 'JWT' }, genuine)],
  ['two parts', ({ genuine }) => parts(genuine).slice(0, 2).join('.')],
  ['four parts', ({ genuine }) => `${genuine}.${parts(genuine)[2]}`],
  ['padding', ({ genuine }) => `${genuine}==`],
  ['padding of the header', ({ genuine }) => genuine.replace('.', '=.')],
  [
    'another spelling of the last character',
    ({ genuine }) => {
      const index = base64urlAlphabet.indexOf(genuine.at(-1)!);
      return genuine.slice(0, -1) + base64urlAlphabet[index ^ 1];
    },
  ],
  [
    'the alphabet of plain base64',
    ({ genuine }) => {
      const [header, payload, signature] = parts(genuine);
      return `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`;
    },
  ],
  ['a character outside the alphabet', ({ genuine }) => `${genuine.slice(0, -20)}~${genuine.slice(-19)}`],
  ['a header that is not JSON', ({ forge, claims }) => forge.signed('{"alg":"RS256"', claims)],
  ['a header that is a list', ({ forge, claims }) => forge.signed('[]', claims)],
  ['only dots', () => '..'],
  ['its three parts in another order', ({ genuine }) => parts(genuine).toReversed().join('.')],
  ['ten kilobytes', () => 'a'.repeat(10_000)],
  ['a refresh token', () => 'A'.repeat(70)],
];
