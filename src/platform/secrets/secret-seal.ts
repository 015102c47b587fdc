import { Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { MasterKey } from '../crypto/master-key.js';
import { Randomness } from '../crypto/randomness.js';
import { canonicalCode } from './secret-code.js';
import type { SecretPurpose } from './secret-purposes.js';
import type { SingleUseSecret } from './secret.entity.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TAG_END = NONCE_BYTES + TAG_BYTES;

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
 * The cryptography of a row. Digests are keyed although a token of 256 bits could not be guessed from a plain one:
 * whoever can write to the table, but does not know the master secret, cannot add a secret of their own.
 */
@Injectable()
export class SecretSeal {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
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

  /** Encrypts a payload with AES-256-GCM and authenticates the columns beside it, so that none can be exchanged. */
  seal(payload: SecretPayload | null, columns: SealedColumns): Buffer {
    const nonce = this.randomness.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(authenticated(columns));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(payload), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws when the master secret or a byte of the row differs. */
  unseal(sealed: Buffer, columns: SealedColumns): SecretPayload | null {
    // The length is named, because GCM would otherwise accept a tag of 4 bytes.
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(authenticated(columns))
      .setAuthTag(sealed.subarray(NONCE_BYTES, TAG_END));
    const json = Buffer.concat([decipher.update(sealed.subarray(TAG_END)), decipher.final()]);
    return JSON.parse(json.toString('utf8')) as SecretPayload | null;
  }

  private get key(): Buffer {
    return this.masterKey.derive('secret-payload');
  }
}

function authenticated(columns: SealedColumns): Buffer {
  return Buffer.from(
    JSON.stringify([
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
    ]),
  );
}
