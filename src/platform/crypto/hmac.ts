import { hash } from 'node:crypto';
import { UTF8_BYTES_PER_UNIT } from '../memory/utf8.js';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer messages are rare, and get a buffer of their own. */
const MAX_MESSAGE_BYTES = 8192;

/** Reused for the inner hash, because allocating a buffer takes longer than hashing a short message. */
const scratch = Buffer.alloc(BLOCK_BYTES + MAX_MESSAGE_BYTES);

/** The padded key of the inner and of the outer hash (RFC 2104), each followed by room for a digest. */
interface Pads {
  readonly inner: Buffer;
  readonly outer: Buffer;
  /** The block of the inner hash alone. */
  readonly innerBlock: Buffer;
}

const padsOf = new WeakMap<Buffer, Pads>();

/**
 * Returns the HMAC-SHA-256 of a message according to its definition (RFC 2104). With the one-shot hash, which returns hex
 * in half of the time that it needs for a buffer, it takes at most a fifth of the time of an Hmac object (measured for
 * messages of 40 to 1000 bytes). A key is prepared once, so its bytes must not change.
 */
export function hmacSha256(key: Buffer, message: string | Buffer): Buffer {
  const { innerBlock, outer } = padsOf.get(key) ?? prepare(key);
  outer.write(hash('sha256', followedBy(message, innerBlock), 'hex'), BLOCK_BYTES, 'hex');
  return Buffer.from(hash('sha256', outer, 'hex'), 'hex');
}

/** Returns a block and the message behind it. The bytes are valid until the next call. */
function followedBy(message: string | Buffer, block: Buffer): Buffer {
  const isText = typeof message === 'string';
  if (message.length * (isText ? UTF8_BYTES_PER_UNIT : 1) > MAX_MESSAGE_BYTES)
    return Buffer.concat([block, isText ? Buffer.from(message) : message]);
  block.copy(scratch);
  const length = isText ? scratch.write(message, BLOCK_BYTES) : message.copy(scratch, BLOCK_BYTES);
  return scratch.subarray(0, BLOCK_BYTES + length);
}

/**
 * Returns the HMAC-SHA-256 of a SHA-256 digest; both in lower-case hex. It takes two thirds of the time of
 * {@link hmacSha256}, because it allocates no buffer.
 */
export function hmacOfDigest(key: Buffer, digest: string): string {
  const { inner, outer } = padsOf.get(key) ?? prepare(key);
  inner.write(digest, BLOCK_BYTES, 'hex');
  outer.write(hash('sha256', inner, 'hex'), BLOCK_BYTES, 'hex');
  return hash('sha256', outer, 'hex');
}

function prepare(key: Buffer): Pads {
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
  const inner = padded(short, 0x36);
  const pads = { inner, outer: padded(short, 0x5c), innerBlock: inner.subarray(0, BLOCK_BYTES) };
  padsOf.set(key, pads);
  return pads;
}

/** Returns the key XORed with a pad, followed by room for a digest. */
function padded(key: Buffer, pad: number): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) bytes[at] = (key[at] ?? 0) ^ pad;
  return bytes;
}
