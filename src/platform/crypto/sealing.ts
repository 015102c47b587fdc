import { Injectable } from '@nestjs/common';
import { decrypt, encrypt, NONCE_BYTES } from './aead.js';
import { type KeyPurpose, MasterKey } from './master-key.js';
import { Randomness } from './randomness.js';

/** Bytes of the key id that leads every sealed value. */
const KEY_ID_BYTES = 8;

/**
 * Encrypts values for the database, each purpose under its own key of the master secret. What a value belongs to is
 * authenticated, so that the values of two rows cannot be exchanged; the id of the master secret leads it, so that a
 * change of secrets can tell what still depends on the old one.
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

  /** Throws when the master secret, the purpose, the context or a byte differs. */
  open(purpose: KeyPurpose, context: string, sealed: Buffer): Buffer {
    if (!sealed.subarray(0, KEY_ID_BYTES).equals(this.keyId))
      throw new Error('The value was encrypted under another master secret.');
    return decrypt(this.masterKey.derive(purpose), context, sealed.subarray(KEY_ID_BYTES));
  }
}
