import { createHmac, hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hmacOfDigest, hmacSha256 } from './hmac.js';

describe('hmacSha256', () => {
  it('computes the test cases of RFC 4231', () => {
    const mac = (key: Buffer, message: string | Buffer) => hmacSha256(key, message).toString('hex');
    expect(mac(Buffer.alloc(20, 0x0b), 'Hi There')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
    expect(mac(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(mac(Buffer.alloc(131, 0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First')).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  it.each([0, 1, 31, 32, 63, 64, 65, 200])(
    'agrees with node for keys of %i bytes and messages of any length, in any order',
    (length) => {
      const keys = [Buffer.alloc(length, 0x17), Buffer.alloc(length, 0xe9)];
      for (const text of ['', 'a', 'é'.repeat(31), 'z'.repeat(64), 'ÿ'.repeat(1000), 'ÿ'.repeat(9000)]) {
        for (const key of [...keys, ...keys.toReversed()])
          for (const message of [text, Buffer.from(text, 'latin1')])
            expect(hmacSha256(key, message)).toEqual(createHmac('sha256', key).update(message).digest());
      }
    },
  );

  it('returns a buffer of its own each time', () => {
    const key = Buffer.alloc(32, 1);
    const first = hmacSha256(key, 'first');
    const copy = Buffer.from(first);
    hmacSha256(key, 'second');
    expect(first).toEqual(copy);
  });
});

describe('hmacOfDigest', () => {
  it.each([0, 32, 64, 65])('agrees with node for keys of %i bytes, also between other messages', (length) => {
    const key = Buffer.alloc(length, 0x17);
    for (const text of ['', 'a', 'b']) {
      const digest = hash('sha256', text);
      const expected = createHmac('sha256', key).update(digest, 'hex').digest('hex');
      expect(hmacOfDigest(key, digest)).toBe(expected);
      expect(hmacSha256(key, Buffer.from(digest, 'hex')).toString('hex')).toBe(expected);
      expect(hmacSha256(key, text)).toEqual(createHmac('sha256', key).update(text).digest());
    }
  });
});
