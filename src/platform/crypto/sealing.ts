import { Injectable } from '@nestjs/common';
import { decrypt, encrypt, NONCE_BYTES } from './aead.js';
import { type KeyPurpose, MasterKey } from './master-key.js';
import { Randomness } from './randomness.js';

/** Length in bytes of the key id at the start of every sealed value. */
export const KEY_ID_BYTES = 8;

/**
 * Encrypts values for the database with a key of the master secret for each purpose. The owner of a value, for example
 * its row, is authenticated too, so the values of two rows cannot be swapped. Each value starts with the id of the master
 * secret, so that a change finds what still depends on the old one.
 */
@Injectable()
export class Sealing {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
  ) {}

  /** Encrypts a value that belongs to `context`, for example the id of its row. */
  seal(purpose: KeyPurpose, context: string, plain: Buffer | string): Buffer {
    const nonce = this.randomness.bytes(NONCE_BYTES);
    const { id } = this.masterKey;
    const sealed = encrypt(this.masterKey.derive(purpose, id), nonce, context, Buffer.from(plain));
    return Buffer.concat([Buffer.from(id, 'hex'), sealed]);
  }

  /** Decrypts a sealed value. Throws when no known master secret made it, or when the purpose, the context or a byte differs. */
  open(purpose: KeyPurpose, context: string, sealed: Buffer): Buffer {
    const id = sealed.toString('hex', 0, KEY_ID_BYTES);
    return decrypt(this.masterKey.derive(purpose, id), context, sealed.subarray(KEY_ID_BYTES));
  }

  /** Encrypts a sealed value again with the current master secret. Throws as {@link open} does. */
  reseal(purpose: KeyPurpose, context: string, sealed: Buffer): Buffer {
    return this.seal(purpose, context, this.open(purpose, context, sealed));
  }
}
