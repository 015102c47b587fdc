import { Injectable } from '@nestjs/common';
import { decrypt, encrypt, NONCE_BYTES } from './aead.js';
import { type KeyPurpose, MasterKey } from './master-key.js';
import { Randomness } from './randomness.js';

/** Length in bytes of the key id at the start of every sealed value. */
const KEY_ID_BYTES = 8;

/**
 * Encrypts values for the database with a key of the master secret for each purpose. The owner of a value, for example
 * its row, is authenticated too, so the values of two rows cannot be swapped. Each value starts with the id of the master
 * secret, so that a rotation can find what still depends on the old one.
 */
@Injectable()
export class Sealing {
  private readonly keyId: Buffer;

  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
  ) {
    this.keyId = Buffer.from(masterKey.id, 'hex');
  }

  /** Encrypts a value that belongs to `context`, for example the id of its row. */
  seal(purpose: KeyPurpose, context: string, plain: Buffer | string): Buffer {
    const nonce = this.randomness.bytes(NONCE_BYTES);
    const sealed = encrypt(this.masterKey.derive(purpose), nonce, context, Buffer.from(plain));
    return Buffer.concat([this.keyId, sealed]);
  }

  /** Decrypts a sealed value. Throws when the master secret, the purpose, the context or a byte differs. */
  open(purpose: KeyPurpose, context: string, sealed: Buffer): Buffer {
    if (!sealed.subarray(0, KEY_ID_BYTES).equals(this.keyId))
      throw new Error('The value was encrypted with another master secret.');
    return decrypt(this.masterKey.derive(purpose), context, sealed.subarray(KEY_ID_BYTES));
  }
}
