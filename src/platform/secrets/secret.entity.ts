import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SecretPurpose } from './secret-purposes.js';

/** A secret that can be spent once. The row contains neither the secret nor personal data in clear text. */
@Entity('single_use_secrets')
@Index('single_use_secrets_digest', ['digest'], { unique: true })
@Index('single_use_secrets_replaceable', ['subject', 'purpose'], {
  unique: true,
  where: 'replaceable AND used_at IS NULL',
})
@Index('single_use_secrets_subject', ['subject', 'purpose'])
@Index('single_use_secrets_email_digest', ['emailDigest', 'purpose'])
@Index('single_use_secrets_expires_at', ['expiresAt'])
export class SingleUseSecret {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'single_use_secrets_pkey' })
  id: string;

  @Column('text')
  purpose: SecretPurpose;

  /**
   * The user's id; null if it is not known yet, as in a sign-in by passkey. Not a foreign key, because the platform
   * does not depend on users.
   */
  @Column('uuid', { nullable: true })
  subject: string | null;

  /** Keyed digest of the purpose and the token. */
  @Column('bytea')
  digest: Buffer;

  /** Keyed digest of the purpose, subject and code; null if the secret has no code. */
  @Column('bytea', { name: 'code_digest', nullable: true })
  codeDigest: Buffer | null;

  @Column({ type: 'timestamptz', name: 'code_expires_at', precision: 3, nullable: true })
  codeExpiresAt: Date | null;

  /** Keyed digest of the e-mail address to which the secret was sent. */
  @Column('text', { name: 'email_digest', nullable: true })
  emailDigest: string | null;

  /** Fingerprint of the account's credentials at issue; null for a secret that later changes do not invalidate. */
  @Column('text', { nullable: true })
  fingerprint: string | null;

  /** The session or client that requested the secret; null if any may spend it. */
  @Column('text', { nullable: true })
  context: string | null;

  /** The encrypted payload. Its authentication tag also covers the other columns. */
  @Column('bytea', { name: 'sealed_payload' })
  sealedPayload: Buffer;

  /** Whether a newer secret of the same purpose and subject replaces this row. */
  @Column('boolean')
  replaceable: boolean;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;

  @Column('integer', { default: 0 })
  attempts: number;

  @Column({ type: 'timestamptz', name: 'used_at', precision: 3, nullable: true })
  usedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;
}
