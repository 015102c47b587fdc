import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { RefreshTokens } from './refresh-tokens.js';

const tokens = new RefreshTokens(new MasterKey('the master secret of this spec, thirty-two bytes or more'));
const SESSION = '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d';
const token = tokens.mint({ sessionId: SESSION, generation: 7 });
const bytesOf = (text: string) => Buffer.from(text, 'base64url');
const chimera = Buffer.concat([
  bytesOf(token).subarray(0, 20),
  bytesOf(tokens.mint({ sessionId: SESSION, generation: 8 })).subarray(20),
]).toString('base64url');

/** Any session id that this service could issue, and any generation that fits in the token. */
const claims = fc.record({
  sessionId: fc.uuid({ version: 7 }),
  generation: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

describe('a refresh token', () => {
  it('can be read back', () => {
    fc.assert(
      fc.property(claims, (claim) => {
        expect(tokens.read(tokens.mint(claim))).toEqual(claim);
      }),
    );
  });

  it('is the same for the same generation, and differs for any other', () => {
    expect(tokens.mint({ sessionId: SESSION, generation: 7 })).toBe(token);
    expect(tokens.mint({ sessionId: SESSION, generation: 8 })).not.toBe(token);
  });

  it('carries 256 bits that cannot be computed without the key', () => {
    const bytes = Buffer.from(token, 'base64url');
    expect(bytes).toHaveLength(52);
    const other = new RefreshTokens(new MasterKey('another master secret, also of thirty-two bytes or more'));
    expect(other.read(token)).toBeNull();
    expect(
      Buffer.from(other.mint({ sessionId: SESSION, generation: 7 }), 'base64url').subarray(20),
    ).not.toEqual(bytes.subarray(20));
  });

  it('is refused if any single bit is flipped', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(tokens.read(flipped.toString('base64url'))).toBeNull();
    }
  });

  it('is refused if any single character is changed, even only in the unused bits of the last one', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n'.split('');
    const variants = Array.from(token, (own, index) =>
      alphabet
        .filter((character) => character !== own)
        .map((character) => token.slice(0, index) + character + token.slice(index + 1)),
    ).flat();
    expect(variants.filter((variant) => tokens.read(variant) !== null)).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['half of it', token.slice(0, 35)],
    ['more after it', `${token}A`],
    ['a line feed after it', `${token}\n`],
    ['padding', `${token}==`],
    ['the claim of one token with the code of another', chimera],
  ])('is refused as %s', (_what, text) => {
    expect(tokens.read(text)).toBeNull();
  });

  it('is refused if its code was computed for another purpose', () => {
    const claim = Buffer.from(token, 'base64url').subarray(0, 20);
    const masterKey = new MasterKey('the master secret of this spec, thirty-two bytes or more');
    const foreign = Buffer.concat([claim, masterKey.mac('device-token', claim)]).toString('base64url');
    expect(foreign).toHaveLength(token.length);
    expect(tokens.read(foreign)).toBeNull();
  });

  it('is not read from arbitrary text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[A-Za-z0-9_-]{70}$/)),
        (text) => {
          expect(tokens.read(text)).toBeNull();
        },
      ),
    );
  });
});
