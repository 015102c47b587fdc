import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { newKey } from '../../machines/keys/key-format.js';
import { SystemRandomness } from '../../platform/crypto/randomness.js';
import { KeyFinder } from './key-finder.js';

const randomness = new SystemRandomness();

describe('KeyFinder', () => {
  it('finds every key with its line, however the text is cut', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('\n', '\r\n', ' ', '"', 'ptc_', 'ptc_u_', 'ptc_s_0123', '\n\n\n', 'é', 'ptc_u_\n'),
        fc.constant(`ptc_u_${'a'.repeat(35)}`),
        fc.constantFrom('user' as const, 'service-account' as const).map((kind) => ({ kind })),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(80), { minLength: 1, maxLength: 20 }), (chosen, lengths) => {
        let text = '';
        const expected = [];
        for (const piece of chosen) {
          if (typeof piece === 'string') text += piece;
          else {
            const key = newKey(piece.kind, randomness);
            expected.push({ line: text.split('\n').length, kind: piece.kind, hint: key.slice(0, 10) });
            text += key;
          }
        }
        const finder = new KeyFinder();
        const found = [];
        for (let at = 0, n = 0; at < text.length; n += 1) {
          const length = lengths[n % lengths.length]! || 1;
          found.push(...finder.add(text.slice(at, at + length)));
          at += length;
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('finds a key directly behind a text that takes its beginning for the end of a key', () => {
    const key = newKey('service-account', randomness);
    const found = { line: 1, kind: 'service-account', hint: key.slice(0, 10) };
    expect(new KeyFinder().add(`ptc_u_${'a'.repeat(35)}${key}`)).toEqual([found]);
  });

  it('passes over what has the form and another checksum', () => {
    const key = newKey('user', randomness);
    const other = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    expect(new KeyFinder().add(`${other} ${other}\n${key.slice(0, -1)}`)).toEqual([]);
  });
});
