import { constants, generateKeyPairSync } from 'node:crypto';
import { type Forgery, parts, strangerEc, strangerOf, strangerRsa, withHeader } from './forgery.js';
import { encoded, hmacSigned, signedBy, type TokenForge } from './token-forge.js';

const strangerEd = generateKeyPairSync('ed25519');
const pemOf = (forge: TokenForge) => forge.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const unsigned =
  (alg: string): Forgery[1] =>
  ({ forge, claims }) =>
    `${encoded({ ...forge.header, alg })}.${encoded(claims)}.`;
const confused =
  (secretOf: (forge: TokenForge) => string | Buffer, alg = 'HS256', hash = 'sha256'): Forgery[1] =>
  ({ forge, claims }) =>
    hmacSigned(secretOf(forge), { ...forge.header, alg }, claims, hash);

/** Algorithms other than the pinned one (RFC 8725 section 3.1). */
export const ALGORITHM_FORGERIES: readonly Forgery[] = [
  ['no algorithm', unsigned('none')],
  ['no algorithm, in mixed case', unsigned('NoNe')],
  ['an empty algorithm', unsigned('')],
  [
    'no algorithm, and the genuine signature',
    ({ forge, claims, genuine }) =>
      `${encoded({ ...forge.header, alg: 'none' })}.${encoded(claims)}.${parts(genuine)[2]}`,
  ],
  ['an HMAC under the public key as PEM', confused(pemOf)],
  [
    'an HMAC under the public key as PEM without its last line feed',
    confused((forge) => pemOf(forge).trimEnd()),
  ],
  ['an HMAC under the public key as PEM with a leading space', confused((forge) => ` ${pemOf(forge)}`)],
  [
    'an HMAC under the public key as DER',
    confused((forge) => forge.publicKey.export({ format: 'der', type: 'spki' })),
  ],
  [
    'an HMAC under the public key as JWK',
    confused((forge) => JSON.stringify(forge.publicKey.export({ format: 'jwk' }))),
  ],
  ['an HMAC under the bytes of its kid', confused((forge) => forge.kid)],
  ['an HMAC under an empty key', confused(() => '')],
  ['an HMAC of 512 bits under the public key', confused(pemOf, 'HS512', 'sha512')],
  [
    'an HMAC under the public key that claims the pinned algorithm',
    ({ forge, claims }) => hmacSigned(pemOf(forge), forge.header, claims),
  ],
  [
    'RS384',
    ({ forge, claims }) =>
      signedBy(strangerOf(forge).privateKey, { ...forge.header, alg: 'RS384' }, claims, { hash: 'sha384' }),
  ],
  [
    'RS512',
    ({ forge, claims }) =>
      signedBy(strangerRsa.privateKey, { ...forge.header, alg: 'RS512' }, claims, { hash: 'sha512' }),
  ],
  [
    'PS256 by an RSA key',
    ({ forge, claims }) =>
      signedBy(
        forge.algorithm === 'RS256' ? forge.privateKey : strangerRsa.privateKey,
        { ...forge.header, alg: 'PS256' },
        claims,
        {
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: 32,
        },
      ),
  ],
  [
    'the other of the two configurable algorithms',
    ({ forge, claims }) =>
      signedBy(
        (forge.algorithm === 'RS256' ? strangerEc : strangerRsa).privateKey,
        { ...forge.header, alg: forge.algorithm === 'RS256' ? 'ES256' : 'RS256' },
        claims,
      ),
  ],
  [
    'EdDSA',
    ({ forge, claims }) =>
      signedBy(strangerEd.privateKey, { ...forge.header, alg: 'EdDSA' }, claims, { hash: null }),
  ],
  [
    'the pinned algorithm in lower case',
    ({ forge, claims }) => forge.signed({ ...forge.header, alg: forge.algorithm.toLowerCase() }, claims),
  ],
  ['the algorithm as a list', withHeader({ alg: ['RS256', 'ES256'] })],
];
