import { Injectable } from '@nestjs/common';
import { MasterKey } from '../crypto/master-key.js';
import { Sealing } from '../crypto/sealing.js';
import { canonicalCode } from './secret-code.js';
import type { SecretPurpose } from './secret-purposes.js';
import type { SingleUseSecret } from './secret.entity.js';

/** Data carried by a secret, such as a new e-mail address; a JSON object. */
export type SecretPayload = Readonly<Record<string, unknown>>;

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
    private readonly sealing: Sealing,
  ) {}

  /** Returns the digest of a token of any form. A malformed token matches no row. */
  tokenDigest(purpose: SecretPurpose, token: string): Buffer {
    return this.masterKey.mac('secret-digest', JSON.stringify(['token', purpose, token]));
  }

  /**
   * Returns the digest of a code in any spelling. It includes the subject, because codes are short enough to collide.
   */
  codeDigest(purpose: SecretPurpose, subject: string, code: string): Buffer {
    return this.masterKey.mac(
      'secret-digest',
      JSON.stringify(['code', purpose, subject, canonicalCode(code)]),
    );
  }

  /** Encrypts a payload and authenticates the other columns of its row, so that none can be exchanged. */
  seal(payload: SecretPayload | null, columns: SealedColumns): Buffer {
    return this.sealing.seal('secret-payload', authenticated(columns), JSON.stringify(payload));
  }

  /** Decrypts a payload. Throws if the master secret or any byte of the row differs. */
  unseal(sealed: Buffer, columns: SealedColumns): SecretPayload | null {
    const json = this.sealing.open('secret-payload', authenticated(columns), sealed);
    return JSON.parse(json.toString('utf8')) as SecretPayload | null;
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
