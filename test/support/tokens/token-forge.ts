import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { publicJwkOf, type SigningAlgorithm } from '../../../src/sessions/keys/key-material.js';

/** Everything that a forger could wish for: the installation's own key, to make tokens that are wrong in one point. */
export interface TokenForge {
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** To be given to the service as `JWT_PRIVATE_KEY`. */
  readonly pem: string;
  readonly kid: string;
  /** The header that the service itself writes. */
  readonly header: Readonly<Record<string, unknown>>;
  /** A token with this header and payload, signed with the installation's key; texts are taken as they are. */
  signed(header: unknown, payload: unknown): string;
}

const generate = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

export function newForge(algorithm: SigningAlgorithm): TokenForge {
  const { privateKey, publicKey } = generate[algorithm]();
  const { kid } = publicJwkOf(privateKey, algorithm);
  return {
    algorithm,
    privateKey,
    publicKey,
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    kid,
    header: { alg: algorithm, typ: 'at+jwt', kid },
    signed: (header, payload) => signedBy(privateKey, header, payload),
  };
}

/** One part of a compact JWS. */
export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** What a part says, as an object. */
export const decoded = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;

/** A compact JWS, signed by any key as its kind and the hash demand. */
export function signedBy(
  key: KeyObject,
  header: unknown,
  payload: unknown,
  { hash = 'sha256', ...options }: { hash?: string | null; padding?: number; saltLength?: number } = {},
): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...options });
  return `${input}.${signature.toString('base64url')}`;
}

/** A compact JWS whose signature is an HMAC under any bytes, such as those of a public key (CVE-2015-9235). */
export function hmacSigned(
  secret: string | Buffer,
  header: unknown,
  payload: unknown,
  hash = 'sha256',
): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}
