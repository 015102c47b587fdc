import { Injectable } from '@nestjs/common';
import { MasterKey } from '../crypto/master-key.js';
import { FieldEncryption } from '../crypto/field-encryption.js';
import { canonicalCode } from './secret-code.js';
import type { SecretPurpose } from './secret-purposes.js';
import type { SingleUseSecret } from './secret.entity.js';

/** Data carried by a secret, such as a new e-mail address; a JSON object. */
export type SecretPayload = Readonly<Record<string, unknown>>;

/** The digests of one token or code under every known master secret, the current one first. */
export type Digests = readonly [Buffer, ...Buffer[]];

/** The columns that the seal authenticates: all those set at issue. */
export type SealedColumns = Pick<
  SingleUseSecret,
  | 'id'
  | 'purpose'
  | 'subject'
  | 'digest'
  | 'codeDigest'
  | 'codeExpiresAt'
  | 'emailDigest'
  | 'fingerprint'
  | 'context'
  | 'expiresAt'
>;

/**
 * The cryptography of a row. A token of 256 bits could not be guessed from a plain digest. Digests are keyed anyway,
 * so that an attacker who can write to the table but does not know the master secret cannot add a secret.
 */
@Injectable()
export class SecretSeal {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly encryption: FieldEncryption,
  ) {}

  /**
   * Returns the digests of a token of any form, the one for new rows first; the others are of former master secrets. A
   * malformed token matches no row.
   */
  tokenDigests(purpose: SecretPurpose, token: string): Digests {
    return this.digests(['token', purpose, token]);
  }

  /**
   * Returns the digests of a code in any spelling. They include the subject, because codes are short enough to collide.
   */
  codeDigests(purpose: SecretPurpose, subject: string, code: string): Digests {
    return this.digests(['code', purpose, subject, canonicalCode(code)]);
  }

  /** Encrypts a payload and authenticates the other columns of its row, so that none can be exchanged. */
  seal(payload: SecretPayload | null, columns: SealedColumns): Buffer {
    return this.encryption.encrypt('secret-payload', authenticated(columns), JSON.stringify(payload));
  }

  /** Decrypts a payload. Throws if the master secret or any byte of the row differs. */
  unseal(sealed: Buffer, columns: SealedColumns): SecretPayload | null {
    const json = this.encryption.decrypt('secret-payload', authenticated(columns), sealed);
    return JSON.parse(json.toString('utf8')) as SecretPayload | null;
  }

  private digests(members: readonly string[]): Digests {
    return this.masterKey.macs('secret-digest', JSON.stringify(members)) as [Buffer, ...Buffer[]];
  }
}

function authenticated(columns: SealedColumns): string {
  return JSON.stringify([
    columns.id,
    columns.purpose,
    columns.subject,
    columns.digest.toString('hex'),
    columns.codeDigest?.toString('hex') ?? null,
    columns.codeExpiresAt?.getTime() ?? null,
    columns.emailDigest,
    columns.fingerprint,
    columns.context,
    columns.expiresAt.getTime(),
  ]);
}
