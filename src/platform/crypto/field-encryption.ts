import { Injectable } from '@nestjs/common';
import { decrypt, encrypt, NONCE_BYTES } from './aead.js';
import { type KeyPurpose, MasterKey } from './master-key.js';
import { Randomness } from './randomness.js';

/** Length in bytes of the key id at the start of every encrypted value. */
export const KEY_ID_BYTES = 8;

/**
 * Encrypts values for the database with a key of the master secret for each purpose. The owner of a value, for example
 * its row, is authenticated too, so the values of two rows cannot be swapped. Each value starts with the id of the master
 * secret, so that a change finds what still depends on the old one.
 */
@Injectable()
export class FieldEncryption {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
  ) {}

  /** Encrypts a value that belongs to `context`, for example the id of its row, with the current master secret or a given one. */
  encrypt(purpose: KeyPurpose, context: string, plain: Buffer | string, id = this.masterKey.id): Buffer {
    const nonce = this.randomness.bytes(NONCE_BYTES);
    const encrypted = encrypt(this.masterKey.derive(purpose, id), nonce, context, Buffer.from(plain));
    return Buffer.concat([Buffer.from(id, 'hex'), encrypted]);
  }

  /** Decrypts a value. Throws when no known master secret made it, or when the purpose, the context or a byte differs. */
  decrypt(purpose: KeyPurpose, context: string, encrypted: Buffer): Buffer {
    const id = encrypted.toString('hex', 0, KEY_ID_BYTES);
    return decrypt(this.masterKey.derive(purpose, id), context, encrypted.subarray(KEY_ID_BYTES));
  }

  /** Encrypts a value again with the current master secret. Throws as {@link decrypt} does. */
  reencrypt(purpose: KeyPurpose, context: string, encrypted: Buffer): Buffer {
    return this.encrypt(purpose, context, this.decrypt(purpose, context, encrypted));
  }
}
