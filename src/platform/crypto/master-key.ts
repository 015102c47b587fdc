import { hkdfSync, timingSafeEqual } from 'node:crypto';
import { hmacSha256 } from './hmac.js';
import { SecretVersions } from './secret-versions.js';

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
  | 'erasure-request'
  | 'cursor'
  | 'account-cursor'
  | 'alert-id'
  | 'detection-position'
  | 'rate-limit-key'
  | 'outbox-payload'
  | 'caught-mail'
  | 'mailbox-digest'
  | 'naming-key'
  | 'secret-digest'
  | 'secret-payload'
  | 'totp-secret'
  | 'recovery-code'
  | 'passkey-challenge'
  | 'passkey-row'
  | 'api-key-digest'
  | 'installation-fingerprint';

/**
 * Purposes whose codes are names rather than proofs: equal inputs must keep equal names when the master secret changes,
 * in the trail, in counts and in the ids of alerts. See `platform/secret-keys/naming-keys.ts`.
 */
export const NAMING_PURPOSES = [
  'alert-id',
  'audit-account-digest',
  'mailbox-digest',
  'rate-limit-key',
] as const satisfies readonly KeyPurpose[];

/**
 * Keys derived by HKDF-SHA-256 (RFC 5869) from the master secret; none is stored in clear text. While the secret changes,
 * there are several: values are made with the current one, and values made with any of them are accepted.
 */
export class MasterKey extends SecretVersions {
  private readonly derived = new Map<KeyPurpose, Map<string, Buffer>>();
  private readonly pinned = new Map<KeyPurpose, Buffer>();

  /** `previous` are former secrets, the most recent first. */
  constructor(secret: string, previous: readonly string[] = []) {
    super(secret, previous);
  }

  /** Keeps the key of a naming purpose, whatever the master secret. */
  pin(purpose: (typeof NAMING_PURPOSES)[number], key: Buffer): void {
    this.pinned.set(purpose, key);
  }

  /** Derives the 32-byte key of a purpose; synchronous, so that it does not wait for the libuv pool. */
  derive(purpose: KeyPurpose, id: string = this.id): Buffer {
    const keys = this.derived.get(purpose);
    const known = keys?.get(id);
    if (known) return known;
    const key = Buffer.from(hkdfSync('sha256', this.secretOf(id), 'portcullis', purpose, 32));
    if (keys) keys.set(id, key);
    else this.derived.set(purpose, new Map([[id, key]]));
    return key;
  }

  /** Returns the HMAC-SHA-256 of a message with the key of a purpose. */
  mac(purpose: KeyPurpose, message: string | Buffer): Buffer {
    return hmacSha256(this.pinned.get(purpose) ?? this.derive(purpose), message);
  }

  /** Returns the codes of a message under every known secret, the current one first, to look up what any of them made. */
  macs(purpose: KeyPurpose, message: string | Buffer): Buffer[] {
    const others = this.ids.filter((id) => id !== this.id);
    return [this.id, ...others].map((id) => hmacSha256(this.derive(purpose, id), message));
  }

  /** Returns the id of the secret under which a code, or the beginning of one, was made; null if it is none of the known ones. */
  idOfMac(purpose: KeyPurpose, message: string | Buffer, mac: Uint8Array, bytes = 32): string | null {
    if (mac.length !== bytes) return null;
    const ids = [this.id, ...this.ids.filter((id) => id !== this.id)];
    const isMadeWith = (id: string) =>
      timingSafeEqual(hmacSha256(this.derive(purpose, id), message).subarray(0, bytes), mac);
    return ids.find(isMadeWith) ?? null;
  }

  /** Whether a code, or the beginning of one, was made under a known secret. */
  isMac(purpose: KeyPurpose, message: string | Buffer, mac: Uint8Array, bytes?: number): boolean {
    return this.idOfMac(purpose, message, mac, bytes) !== null;
  }
}

/** The former and the current value of `PASSWORD_PEPPER`. */
export class Peppers extends SecretVersions {
  /**
   * Returns the pepper of a stored hash. Throws if it is not known. Hashes of the first versions name none: it was the
   * oldest.
   */
  of(id: string | null): string {
    return this.secretOf(id ?? this.ids.at(-1)!);
  }
}
