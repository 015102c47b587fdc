import { createHmac, hkdfSync } from 'node:crypto';
import { keyIdOf } from './key-id.js';

/** Purposes of derived keys. Each purpose has its own key, so a value made for one is never valid for another. */
export type KeyPurpose =
  | 'refresh-token'
  | 'device-token'
  | 'signing-key-encryption'
  | 'signing-key-row'
  | 'audit-entry'
  | 'audit-seal'
  | 'audit-spool'
  | 'audit-account-digest'
  | 'audit-verified'
  | 'cursor'
  | 'alert-id'
  | 'detection-position'
  | 'rate-limit-key'
  | 'outbox-payload'
  | 'caught-mail'
  | 'mailbox-digest'
  | 'secret-digest'
  | 'secret-payload'
  | 'totp-secret'
  | 'recovery-code'
  | 'passkey-challenge'
  | 'passkey-row'
  | 'passkey-user-handle'
  | 'installation-fingerprint';

/** Keys derived by HKDF-SHA-256 (RFC 5869) from the master secret `JWT_SECRET_KEY`; none is stored anywhere. */
export class MasterKey {
  private readonly derived = new Map<KeyPurpose, Buffer>();

  constructor(private readonly secret: string) {}

  /** Id of the master secret, stored next to data encrypted with it. */
  get id(): string {
    return keyIdOf(this.secret);
  }

  /** Derives the 32-byte key of a purpose; synchronous, so that it does not wait for the libuv pool. */
  derive(purpose: KeyPurpose): Buffer {
    const known = this.derived.get(purpose);
    if (known) return known;
    const key = Buffer.from(hkdfSync('sha256', this.secret, 'portcullis', purpose, 32));
    this.derived.set(purpose, key);
    return key;
  }

  /** Returns the HMAC-SHA-256 of a message with the key of a purpose. */
  mac(purpose: KeyPurpose, message: string | Buffer): Buffer {
    return createHmac('sha256', this.derive(purpose)).update(message).digest();
  }
}
