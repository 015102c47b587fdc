import { type Forgery, strangerOf, withHeader, withoutHeader } from './forgery.js';
import { signedBy } from './token-forge.js';

/** Keys that the token contains or refers to (RFC 8725 section 3.10). */
export const KEY_FORGERIES: readonly Forgery[] = [
  [
    'another key under the genuine kid',
    ({ forge, claims }) => signedBy(strangerOf(forge).privateKey, forge.header, claims),
  ],
  ['an unknown kid', withHeader({ kid: 'nobody' })],
  ['an empty kid', withHeader({ kid: '' })],
  ['no kid', withoutHeader('kid')],
  ['a list of kids', ({ forge, claims }) => forge.signed({ ...forge.header, kid: [forge.kid] }, claims)],
  ['a kid that is an object', withHeader({ kid: { toString: 'x' } })],
  ['a kid of 3 kB', withHeader({ kid: 'k'.repeat(3000) })],
  ['a kid of 10 kB', withHeader({ kid: 'k'.repeat(10_000) })],
  ['a kid of SQL', withHeader({ kid: "x' UNION SELECT 'key" })],
  ['a kid that is a path', withHeader({ kid: '../../../../dev/null' })],
  ['the kid __proto__', withHeader({ kid: '__proto__' })],
  ['the kid constructor', withHeader({ kid: 'constructor' })],
  ['the kid toString', withHeader({ kid: 'toString' })],
  [
    'the genuine kid in another case',
    ({ forge, claims }) => forge.signed({ ...forge.header, kid: forge.kid.toUpperCase() }, claims),
  ],
  [
    'the genuine kid followed by NUL',
    ({ forge, claims }) => forge.signed({ ...forge.header, kid: `${forge.kid}\0` }, claims),
  ],
  [
    'the URL of a key set',
    ({ forge, claims, trap }) =>
      signedBy(
        strangerOf(forge).privateKey,
        { ...forge.header, kid: 'stranger', jku: `${trap}/jwks.json` },
        claims,
      ),
  ],
  [
    'the URL of a certificate',
    ({ forge, claims, trap }) =>
      signedBy(strangerOf(forge).privateKey, { ...forge.header, x5u: `${trap}/cert.pem` }, claims),
  ],
  [
    'a kid that is a URL',
    ({ forge, claims, trap }) =>
      signedBy(strangerOf(forge).privateKey, { ...forge.header, kid: trap }, claims),
  ],
  [
    'its own key',
    ({ forge, claims }) => {
      const { privateKey, publicKey } = strangerOf(forge);
      return signedBy(privateKey, { ...forge.header, jwk: publicKey.export({ format: 'jwk' }) }, claims);
    },
  ],
  [
    'its own certificate',
    ({ forge, claims }) => signedBy(strangerOf(forge).privateKey, { ...forge.header, x5c: ['MIIB'] }, claims),
  ],
];
