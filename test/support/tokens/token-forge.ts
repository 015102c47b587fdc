import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { publicJwkOf, type SigningAlgorithm } from '../../../src/sessions/keys/key-material.js';

/** Creates tokens with the signing key of the installation, so that each can be wrong in exactly one respect. */
export interface TokenForge {
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The value of `JWT_PRIVATE_KEY` for the service. */
  readonly pem: string;
  readonly kid: string;
  /** The header that the service itself writes. */
  readonly header: Readonly<Record<string, unknown>>;
  /**
   * Creates a token with this header and payload, signed with the key of the installation; strings are used unchanged.
   */
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

/** Decodes a part to an object. */
export const decoded = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;

/** Creates a compact JWS that is signed with a key, as required by the key's type and the hash. */
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

/** Creates a compact JWS whose signature is an HMAC under any bytes, such as those of a public key (CVE-2015-9235). */
export function hmacSigned(
  secret: string | Buffer,
  header: unknown,
  payload: unknown,
  hash = 'sha256',
): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}
