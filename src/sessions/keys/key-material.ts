import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { hasRocaFingerprint } from './roca.js';

/** The algorithms that this service signs with, and the only ones that it accepts. */
export type SigningAlgorithm = 'RS256' | 'ES256';

/** A public key with its name and its purpose (RFC 7517 section 4). */
export interface PublicJwk extends JsonWebKey {
  readonly kty: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: SigningAlgorithm;
}

const generate = promisify(generateKeyPair);

/** 128 bits of strength (NIST SP 800-57 part 1); supplied keys may have 2048 (112 bits). */
const RSA_BITS = 3072;
const RSA_MIN_BITS = 2048;
const RSA_EXPONENT = 65_537n;

/** Generates a key pair: RSA 3072 or P-256. */
export async function generatePrivateKey(algorithm: SigningAlgorithm): Promise<KeyObject> {
  const { privateKey } =
    algorithm === 'RS256'
      ? await generate('rsa', { modulusLength: RSA_BITS })
      : await generate('ec', { namedCurve: 'P-256' });
  return privateKey;
}

/**
 * Reads a PEM private key and checks that it fits its algorithm: libraries accept RSA keys that are too short, have an exponent
 * of 1 or can be factored (Wycheproof JWK 7 and 9). Throws an Error whose message says what is wrong.
 */
export function readPrivateKey(pem: string, algorithm: SigningAlgorithm): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('is not a PEM private key');
  }
  assertFits(key, algorithm);
  if (!signs(key)) throw new Error('cannot sign: its parts do not belong together');
  return key;
}

function assertFits(key: KeyObject, algorithm: SigningAlgorithm): void {
  const { modulusLength = 0, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (algorithm === 'ES256') {
    if (key.asymmetricKeyType !== 'ec' || namedCurve !== 'prime256v1')
      throw new Error('must be a P-256 key for ES256');
    return;
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error('must be an RSA key for RS256');
  if (modulusLength < RSA_MIN_BITS) throw new Error(`must be an RSA key of at least ${RSA_MIN_BITS} bits`);
  if (publicExponent !== RSA_EXPONENT)
    throw new Error(`must be an RSA key with the public exponent ${RSA_EXPONENT}`);
  if (hasRocaFingerprint(modulusOf(key))) throw new Error('must not be vulnerable to ROCA (CVE-2017-15361)');
}

function modulusOf(key: KeyObject): bigint {
  const { n = '' } = createPublicKey(key).export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}

/**
 * Signs a test message: a file with the halves of two keys, or with damaged numbers, can still be read without an
 * error.
 */
function signs(key: KeyObject): boolean {
  const text = Buffer.from('a text to sign');
  try {
    return verify('sha256', text, createPublicKey(key), sign('sha256', text, key));
  } catch {
    return false;
  }
}

/** The public half of a key, without any private member. */
export function publicJwkOf(key: KeyObject, algorithm: SigningAlgorithm): PublicJwk {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  return { ...jwk, kty: jwk.kty ?? '', kid: thumbprint(jwk), use: 'sig', alg: algorithm };
}

/** RFC 7638: SHA-256 over the required members in lexicographic order. */
function thumbprint({ kty, n, e, crv, x, y }: JsonWebKey): string {
  const required = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
