import { fc } from '@fast-check/vitest';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitment, SALT_BYTES } from './commitment.js';

const salts = fc
  .uint8Array({ minLength: SALT_BYTES, maxLength: SALT_BYTES })
  .map((bytes) => Buffer.from(bytes));

describe('A commitment', () => {
  it('is HMAC-SHA-256 under the salt, however long the text is, and whatever was computed before', () => {
    fc.assert(
      fc.property(
        salts,
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => text.padEnd(4000, 'ä€')),
        ),
        (salt, text) => {
          const wellFormed = text.toWellFormed();
          const expected = createHmac('sha256', salt).update(wellFormed).digest('hex');
          expect(commitment(salt, wellFormed)).toBe(expected);
        },
      ),
    );
  });

  it('differs for each salt, so that it can be compared with no other', () => {
    expect(commitment(Buffer.alloc(SALT_BYTES, 1), 'text')).not.toBe(
      commitment(Buffer.alloc(SALT_BYTES, 2), 'text'),
    );
  });
});
