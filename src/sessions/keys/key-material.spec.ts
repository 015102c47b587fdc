import { checkPrimeSync, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { generatePrivateKey, publicJwkOf, readPrivateKey } from './key-material.js';

const pemOf = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8') =>
  key.export({ format: 'pem', type } as never).toString();
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;

const rsa2048 = rsa(2048);

/** A key with a public exponent of 1: its signature is the padded message, so that anyone can forge its tokens. */
function exponentOne(): KeyObject {
  const jwk = rsa2048.export({ format: 'jwk' });
  return createPrivateKey({ key: { ...jwk, e: 'AQ', d: 'AQ', dp: 'AQ', dq: 'AQ' }, format: 'jwk' });
}

/** A key as Infineon's library made them: each prime is a power of 65537 modulo the product of the first 39 primes. */
function rocaKey(): KeyObject {
  const product = primorial(39);
  const prime = (exponent: bigint): bigint => {
    const remainder = powerOf(65_537n, exponent, product);
    for (let k = (3n << 1022n) / product; ; k += 1n) {
      const candidate = k * product + remainder;
      if (checkPrimeSync(candidate)) return candidate;
    }
  };
  const [p, q] = [prime(12_345n), prime(67_890n)] as const;
  const d = inverseOf(65_537n, (p - 1n) * (q - 1n));
  const jwk = { n: p * q, e: 65_537n, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverseOf(q, p) };
  const members = Object.entries(jwk).map(([name, value]) => [name, base64urlOf(value)]);
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' });
}

function primorial(count: number): bigint {
  let product = 1n;
  for (let n = 2n, found = 0; found < count; n += 1n) {
    if (!checkPrimeSync(n)) continue;
    product *= n;
    found += 1;
  }
  return product;
}

function powerOf(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let rest = exponent, square = base; rest > 0n; rest >>= 1n, square = (square * square) % modulus)
    if (rest & 1n) result = (result * square) % modulus;
  return result;
}

/** By the extended Euclidean algorithm. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [rest, divisor, inverse, next] = [value % modulus, modulus, 1n, 0n];
  while (divisor !== 0n) {
    [inverse, next] = [next, inverse - (rest / divisor) * next];
    [rest, divisor] = [divisor, rest % divisor];
  }
  return ((inverse % modulus) + modulus) % modulus;
}

function base64urlOf(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url');
}

describe('readPrivateKey', () => {
  it('reads RSA keys of at least 2048 bits, in both PEM forms', () => {
    expect(readPrivateKey(pemOf(rsa2048), 'RS256').asymmetricKeyType).toBe('rsa');
    expect(readPrivateKey(pemOf(rsa2048, 'pkcs1'), 'RS256').asymmetricKeyType).toBe('rsa');
    expect(readPrivateKey(pemOf(rsa(3072)), 'RS256').asymmetricKeyDetails?.modulusLength).toBe(3072);
  });

  it('reads P-256 keys, in both PEM forms', () => {
    const key = ec('P-256');
    expect(readPrivateKey(pemOf(key), 'ES256').asymmetricKeyType).toBe('ec');
    expect(readPrivateKey(pemOf(key, 'sec1'), 'ES256').asymmetricKeyType).toBe('ec');
  });

  it.each([
    ['fewer than 2048 bits', () => rsa(1024), 'RS256', 'must be an RSA key of at least 2048 bits'],
    ['2047 bits', () => rsa(2047), 'RS256', 'must be an RSA key of at least 2048 bits'],
    ['the exponent 3', () => rsa(2048, 3), 'RS256', 'must be an RSA key with the public exponent 65537'],
    ['the exponent 1', exponentOne, 'RS256', 'must be an RSA key with the public exponent 65537'],
    ['the form of ROCA', rocaKey, 'RS256', 'must not be vulnerable to ROCA'],
    ['another curve', () => ec('P-384'), 'ES256', 'must be a P-256 key for ES256'],
    ['the curve secp256k1', () => ec('secp256k1'), 'ES256', 'must be a P-256 key for ES256'],
    ['RSA for ES256', () => rsa2048, 'ES256', 'must be a P-256 key for ES256'],
    ['P-256 for RS256', () => ec('P-256'), 'RS256', 'must be an RSA key for RS256'],
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey, 'ES256', 'must be a P-256 key for ES256'],
    [
      'RSA-PSS',
      () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey,
      'RS256',
      'must be an RSA key for RS256',
    ],
  ] as const)('refuses a key with %s', (_what, key, algorithm, fault) => {
    expect(() => readPrivateKey(pemOf(key()), algorithm)).toThrow(fault);
  });

  it.each([
    [
      'a public key',
      () =>
        generateKeyPairSync('ec', { namedCurve: 'P-256' })
          .publicKey.export({ format: 'pem', type: 'spki' })
          .toString(),
    ],
    [
      'an encrypted key',
      () =>
        rsa2048
          .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' })
          .toString(),
    ],
    ['nothing', () => ''],
    ['a secret', () => 'a shared secret of thirty-two bytes or more'],
    ['half a key', () => pemOf(rsa2048).slice(0, 400)],
  ])('refuses %s without repeating it', (_what, text) => {
    expect(() => readPrivateKey(text(), 'RS256')).toThrow(/^is not a PEM private key$/);
  });
});

describe('generatePrivateKey', () => {
  it('generates RSA 3072 keys with the exponent 65537, and P-256 keys', async () => {
    const rs = await generatePrivateKey('RS256');
    expect(rs.asymmetricKeyDetails).toMatchObject({ modulusLength: 3072, publicExponent: 65_537n });
    const es = await generatePrivateKey('ES256');
    expect(es.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  });
});

describe('publicJwkOf', () => {
  it.each([
    ['RS256', rsa2048],
    ['ES256', ec('P-256')],
  ] as const)(
    'returns no private member of an %s key, and uses its thumbprint as the kid',
    async (algorithm, key) => {
      const jwk = publicJwkOf(key, algorithm);
      const required = algorithm === 'RS256' ? ['e', 'kty', 'n'] : ['crv', 'kty', 'x', 'y'];
      expect(Object.keys(jwk).toSorted()).toEqual([...required, 'alg', 'kid', 'use'].toSorted());
      expect(jwk).toMatchObject({ use: 'sig', alg: algorithm });
      expect(jwk.kid).toBe(await calculateJwkThumbprint(await exportJWK(key)));
    },
  );
});
