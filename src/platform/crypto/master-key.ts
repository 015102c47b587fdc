import { createHmac, hkdfSync } from 'node:crypto';
import { keyIdOf } from './key-id.js';

/** What a derived key may be used for; one key per purpose, so that no value made for one passes as another. */
export type KeyPurpose =
  | 'refresh-token'
  | 'device-token'
  | 'signing-key-encryption'
  | 'signing-key-row'
  | 'audit-entry'
  | 'audit-seal'
  | 'audit-account-digest'
  | 'audit-verified'
  | 'cursor'
  | 'alert-id'
  | 'detection-position'
  | 'rate-limit-key'
  | 'installation-fingerprint';

/** Keys derived by HKDF-SHA-256 (RFC 5869) from the master secret `JWT_SECRET_KEY`; none is stored anywhere. */
export class MasterKey {
  private readonly derived = new Map<KeyPurpose, Buffer>();

  constructor(private readonly secret: string) {}

  /** The name of the master secret, stored beside what is encrypted under it. */
  get id(): string {
    return keyIdOf(this.secret);
  }

  /** The 32-byte key of a purpose; synchronous, so that nothing waits for the libuv pool. */
  derive(purpose: KeyPurpose): Buffer {
    const known = this.derived.get(purpose);
    if (known) return known;
    const key = Buffer.from(hkdfSync('sha256', this.secret, 'portcullis', purpose, 32));
    this.derived.set(purpose, key);
    return key;
  }

  /** HMAC-SHA-256 of a message under the key of a purpose. */
  mac(purpose: KeyPurpose, message: string | Buffer): Buffer {
    return createHmac('sha256', this.derive(purpose)).update(message).digest();
  }
}
