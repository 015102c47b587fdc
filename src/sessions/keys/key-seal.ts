import { Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { Randomness } from '../../platform/crypto/randomness.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TAG_END = NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts private keys for the database with AES-256-GCM under a key of the master secret. The `kid` is
 * authenticated too, so that the keys of two rows cannot be swapped.
 */
@Injectable()
export class KeySeal {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
  ) {}

  /** The name of the master secret under which this encrypts. */
  get keyId(): string {
    return this.masterKey.id;
  }

  seal(privateKey: KeyObject, kid: string): Buffer {
    const nonce = this.randomness.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(kid));
    const sealed = Buffer.concat([
      cipher.update(privateKey.export({ type: 'pkcs8', format: 'der' })),
      cipher.final(),
    ]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws when the master secret, the kid or a byte differs. */
  unseal(sealed: Buffer, kid: string): KeyObject {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    // The length is named, because GCM would otherwise take a tag of 4 bytes, which is guessed soon.
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(kid))
      .setAuthTag(sealed.subarray(NONCE_BYTES, TAG_END));
    const der = Buffer.concat([decipher.update(sealed.subarray(TAG_END)), decipher.final()]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  }

  private get key(): Buffer {
    return this.masterKey.derive('signing-key-encryption');
  }
}
