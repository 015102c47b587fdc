import { Injectable } from '@nestjs/common';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decrypt, encrypt, NONCE_BYTES } from '../../platform/crypto/aead.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { Randomness } from '../../platform/crypto/randomness.js';

/**
 * Encrypts private keys for the database with AES-256-GCM under a key derived from the master secret. The `kid` is
 * authenticated too, so that the keys of two rows cannot be swapped.
 */
@Injectable()
export class PrivateKeyEncryption {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
  ) {}

  /** The identifier of the master secret that is used for encryption. */
  get keyId(): string {
    return this.masterKey.id;
  }

  encrypt(privateKey: KeyObject, kid: string): Buffer {
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    return encrypt(this.keyOf(this.keyId), this.randomness.bytes(NONCE_BYTES), kid, der);
  }

  /** Throws if no known master secret encrypted the key, if the kid differs, or if any byte was changed. */
  decrypt(encrypted: Buffer, kid: string): KeyObject {
    return createPrivateKey({ key: this.derOf(encrypted, kid), format: 'der', type: 'pkcs8' });
  }

  /** Few keys are stored, so that each secret can be tried; rows of the first versions do not name theirs. */
  private derOf(encrypted: Buffer, kid: string): Buffer {
    let failure: unknown;
    for (const id of this.masterKey.ids) {
      try {
        return decrypt(this.keyOf(id), kid, encrypted);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  private keyOf(id: string): Buffer {
    return this.masterKey.derive('signing-key-encryption', id);
  }
}
