import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { SystemRandomness } from '../../platform/crypto/randomness.js';
import { KeySeal } from './key-seal.js';

const sealOf = (secret: string) => new KeySeal(new MasterKey(secret), new SystemRandomness());
const seal = sealOf('the master secret of this spec, thirty-two bytes or more');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const sealed = seal.seal(privateKey, 'key-1');
const NOT_AUTHENTIC = 'unable to authenticate data';

describe('KeySeal', () => {
  it('decrypts the key that it encrypted', () => {
    expect(seal.unseal(sealed, 'key-1').equals(privateKey)).toBe(true);
  });

  it('reveals nothing of the key, and encrypts it differently each time', () => {
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    expect(sealed.includes(der.subarray(-32))).toBe(false);
    expect(seal.seal(privateKey, 'key-1').equals(sealed)).toBe(false);
  });

  it('does not decrypt with another master secret', () => {
    const other = sealOf('another master secret, also of thirty-two bytes or more');
    expect(() => other.unseal(sealed, 'key-1')).toThrow(NOT_AUTHENTIC);
  });

  it('does not decrypt for another kid, so that the keys of two rows cannot be swapped', () => {
    expect(() => seal.unseal(sealed, 'key-2')).toThrow(NOT_AUTHENTIC);
  });

  it('does not decrypt if any single bit is flipped or the text is truncated', () => {
    const opened = Array.from({ length: sealed.length * 8 }, (_, bit) => {
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      try {
        seal.unseal(flipped, 'key-1');
        return bit;
      } catch {
        return null;
      }
    });
    expect(opened.filter((bit) => bit !== null)).toEqual([]);
    expect(() => seal.unseal(sealed.subarray(0, -1), 'key-1')).toThrow(NOT_AUTHENTIC);
    expect(() => seal.unseal(sealed.subarray(0, 20), 'key-1')).toThrow('Invalid authentication tag length');
  });
});
