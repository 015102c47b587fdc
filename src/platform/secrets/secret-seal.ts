import { Injectable } from '@nestjs/common';
import { MasterKey } from '../crypto/master-key.js';
import { Sealing } from '../crypto/sealing.js';
import { canonicalCode } from './secret-code.js';
import type { SecretPurpose } from './secret-purposes.js';
import type { SingleUseSecret } from './secret.entity.js';

/** Data that a secret carries, for example a new address; a JSON object. */
export type SecretPayload = Readonly<Record<string, unknown>>;

/** What the seal vouches for: everything in a row that is decided at issue. */
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
 * The cryptography of a row. Digests are keyed, although a token of 256 bits could not be guessed from a plain digest, so
 * that an attacker who can write to the table, but does not know the master secret, cannot add a secret.
 */
@Injectable()
export class SecretSeal {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly sealing: Sealing,
  ) {}

  /** Digest of a token, whatever its form: a malformed one matches no row. */
  tokenDigest(purpose: SecretPurpose, token: string): Buffer {
    return this.masterKey.mac('secret-digest', JSON.stringify(['token', purpose, token]));
  }

  /** Digest of a code in any spelling; the subject is part of it, because codes are short enough to collide. */
  codeDigest(purpose: SecretPurpose, subject: string, code: string): Buffer {
    return this.masterKey.mac(
      'secret-digest',
      JSON.stringify(['code', purpose, subject, canonicalCode(code)]),
    );
  }

  /** Encrypts a payload and authenticates the columns beside it, so that none can be exchanged. */
  seal(payload: SecretPayload | null, columns: SealedColumns): Buffer {
    return this.sealing.seal('secret-payload', authenticated(columns), JSON.stringify(payload));
  }

  /** Throws when the master secret or a byte of the row differs. */
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
