import { type Forgery, parts } from './forgery.js';
import { decoded, encoded } from './token-forge.js';

const withSignature =
  (change: (signature: Buffer) => Buffer): Forgery[1] =>
  ({ genuine }) => {
    const [header, payload, signature] = parts(genuine);
    return `${header}.${payload}.${change(Buffer.from(signature, 'base64url')).toString('base64url')}`;
  };

/** Invalid signatures, including that of CVE-2022-21449. */
export const SIGNATURE_FORGERIES: readonly Forgery[] = [
  ['no signature', ({ genuine }) => `${parts(genuine).slice(0, 2).join('.')}.`],
  [
    'one bit of its signature flipped',
    withSignature((signature) => {
      const flipped = Buffer.from(signature);
      flipped[10]! ^= 1;
      return flipped;
    }),
  ],
  ['a signature of zeros', withSignature((signature) => Buffer.alloc(signature.length))],
  ['a signature that is one byte too short', withSignature((signature) => signature.subarray(0, -1))],
  ['a signature of one byte', withSignature(() => Buffer.from([1]))],
  [
    'a signature with an additional byte',
    withSignature((signature) => Buffer.concat([signature, Buffer.from([0])])),
  ],
  [
    'a signature in DER',
    withSignature((signature) => Buffer.concat([Buffer.from([0x30, signature.length]), signature])),
  ],
  [
    'the payload of another token',
    ({ genuine, other }) => [parts(genuine)[0], parts(other)[1], parts(genuine)[2]].join('.'),
  ],
  [
    'the signature of another token',
    ({ genuine, other }) => [...parts(genuine).slice(0, 2), parts(other)[2]].join('.'),
  ],
  [
    'more roles than were signed',
    ({ genuine }) => {
      const [header, payload, signature] = parts(genuine);
      return `${header}.${encoded({ ...decoded(payload), roles: ['admin'] })}.${signature}`;
    },
  ],
];
