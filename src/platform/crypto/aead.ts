import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of the nonce that {@link encrypt} takes; it must never be used twice with one key. */
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TAG_END = NONCE_BYTES + TAG_BYTES;

/** Encrypts with AES-256-GCM and authenticates `context`, too. Returns nonce, tag and ciphertext, in this order. */
export function encrypt(key: Buffer, nonce: Buffer, context: string, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Reverses {@link encrypt}. Throws when the key, the context or a byte differs. */
export function decrypt(key: Buffer, context: string, sealed: Buffer): Buffer {
  // The length is named, because GCM would otherwise accept a tag of 4 bytes, which can be guessed.
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(NONCE_BYTES, TAG_END));
  return Buffer.concat([decipher.update(sealed.subarray(TAG_END)), decipher.final()]);
}
