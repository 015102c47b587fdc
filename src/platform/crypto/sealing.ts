import { Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type KeyPurpose, MasterKey } from './master-key.js';
import { Randomness } from './randomness.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TAG_END = NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts values for the database with AES-256-GCM, each purpose under its own key of the master secret. The id of
 * the row is authenticated too, so that the values of two rows cannot be swapped.
 */
@Injectable()
export class Sealing {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
  ) {}

  /** Returns the nonce, the tag and the ciphertext, in this order. */
  seal(purpose: KeyPurpose, id: string, plain: Buffer | string): Buffer {
    const nonce = this.randomness.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.masterKey.derive(purpose), nonce).setAAD(
      Buffer.from(id),
    );
    const sealed = Buffer.concat([
      typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain),
      cipher.final(),
    ]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws when the master secret, the purpose, the id or a byte differs. */
  open(purpose: KeyPurpose, id: string, sealed: Buffer): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    // The length is named, because GCM would otherwise accept a tag of 4 bytes, which can be guessed.
    const decipher = createDecipheriv('aes-256-gcm', this.masterKey.derive(purpose), nonce, {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(id))
      .setAuthTag(sealed.subarray(NONCE_BYTES, TAG_END));
    return Buffer.concat([decipher.update(sealed.subarray(TAG_END)), decipher.final()]);
  }
}
