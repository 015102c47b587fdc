import { createHmac, hash } from 'node:crypto';
import { UTF8_BYTES_PER_UNIT } from '../../platform/memory/utf8.js';

/** Length of a salt. A fixed length is required, because HMAC pads keys with zeros. */
export const SALT_BYTES = 16;

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Longer texts are rare, and use an Hmac object. */
const MAX_TEXT_BYTES = 8192;

/** The padded key of the inner and of the outer hash (RFC 2104). A salt changes the first bytes; the others never change. */
const inner = Buffer.alloc(BLOCK_BYTES + MAX_TEXT_BYTES, INNER_PAD);
const outer = Buffer.alloc(BLOCK_BYTES + 32, OUTER_PAD);

/**
 * Returns the commitment to a text: HMAC-SHA-256 under a random salt of 16 bytes, in hex. It proves the text to everyone
 * who has the salt, and reveals nothing once the salt is destroyed, even if the text is one of a few. Uses
 * the one-shot hash for the reason given at `hmacSha256`. Not that function, which prepares a key for many messages: each
 * salt is used once.
 */
export function commitment(salt: Buffer, text: string): string {
  if (text.length * UTF8_BYTES_PER_UNIT > MAX_TEXT_BYTES)
    return createHmac('sha256', salt).update(text).digest('hex');
  for (let at = 0; at < SALT_BYTES; at++) {
    inner[at] = salt[at]! ^ INNER_PAD;
    outer[at] = salt[at]! ^ OUTER_PAD;
  }
  const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES, 'utf8');
  outer.write(hash('sha256', inner.subarray(0, end), 'hex'), BLOCK_BYTES, 'hex');
  return hash('sha256', outer, 'hex');
}
