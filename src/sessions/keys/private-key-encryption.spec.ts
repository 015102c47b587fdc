import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { SystemRandomness } from '../../platform/crypto/randomness.js';
import { PrivateKeyEncryption } from './private-key-encryption.js';

const encryptionOf = (secret: string) =>
  new PrivateKeyEncryption(new MasterKey(secret), new SystemRandomness());
const encryption = encryptionOf('the master secret of this spec, thirty-two bytes or more');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const encrypted = encryption.encrypt(privateKey, 'key-1');
const NOT_AUTHENTIC = 'unable to authenticate data';

describe('PrivateKeyEncryption', () => {
  it('decrypts the key that it encrypted', () => {
    expect(encryption.decrypt(encrypted, 'key-1').equals(privateKey)).toBe(true);
  });

  it('reveals nothing of the key, and encrypts it differently each time', () => {
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    expect(encrypted.includes(der.subarray(-32))).toBe(false);
    expect(encryption.encrypt(privateKey, 'key-1').equals(encrypted)).toBe(false);
  });

  it('does not decrypt with another master secret', () => {
    const other = encryptionOf('another master secret, also of thirty-two bytes or more');
    expect(() => other.decrypt(encrypted, 'key-1')).toThrow(NOT_AUTHENTIC);
  });

  it('does not decrypt for another kid, so that the keys of two rows cannot be swapped', () => {
    expect(() => encryption.decrypt(encrypted, 'key-2')).toThrow(NOT_AUTHENTIC);
  });

  it('does not decrypt if any single bit is flipped or the text is truncated', () => {
    const opened = Array.from({ length: encrypted.length * 8 }, (_, bit) => {
      const flipped = Buffer.from(encrypted);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      try {
        encryption.decrypt(flipped, 'key-1');
        return bit;
      } catch {
        return null;
      }
    });
    expect(opened.filter((bit) => bit !== null)).toEqual([]);
    expect(() => encryption.decrypt(encrypted.subarray(0, -1), 'key-1')).toThrow(NOT_AUTHENTIC);
    expect(() => encryption.decrypt(encrypted.subarray(0, 20), 'key-1')).toThrow(
      'Invalid authentication tag length',
    );
  });
});
