import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Locale } from '../platform/access/locale.js';
import type { Role } from '../platform/access/principal.js';

/** An account. Credentials are kept in tables of their own. */
@Entity('users')
@Unique('users_email_key', ['email'])
@Check('users_roles_check', `roles <@ ARRAY['user', 'auditor', 'admin']`)
@Check('users_locale_check', `locale IN ('en', 'de')`)
// Expressions and partial indexes, made by the migration `Administration`; see `AccountListRepository`.
@Index('users_standing_idx', { synchronize: false })
@Index('users_email_prefix_idx', { synchronize: false })
@Index('users_name_prefix_idx', { synchronize: false })
@Index('users_admin_idx', { synchronize: false })
@Index('users_auditor_idx', { synchronize: false })
export class User {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  id: string;

  /** In the form returned by `canonicalEmail`. */
  @Column('text')
  email: string;

  @Column('text', { name: 'display_name', nullable: true })
  displayName: string | null;

  @Column('text', { array: true })
  roles: Role[];

  /** The language of mails to the account. */
  @Column('text', { default: 'en' })
  locale: Locale;

  @Column('boolean', { name: 'email_verified', default: false })
  emailVerified: boolean;

  /** Read and written by the previous version only; triggers keep it equal to the password credential. */
  @Column({
    type: 'text',
    name: 'password_hash',
    nullable: true,
    select: false,
    insert: false,
    update: false,
  })
  legacyPasswordHash?: string | null;

  /** Moved by the database with every change of the address, the password or the factors; secrets are bound to it. */
  @Column({ type: 'integer', name: 'credential_version', default: 0, update: false })
  credentialVersion: number;

  /** When an operator disabled the account; null while it is enabled. */
  @Column({ type: 'timestamptz', name: 'disabled_at', precision: 3, nullable: true })
  disabledAt: Date | null;

  /** When the account was created by an invitation that has not been accepted yet; null for every other account. */
  @Column({ type: 'timestamptz', name: 'invited_at', precision: 3, nullable: true })
  invitedAt: Date | null;

  /** Time of the first login, or of the creation if the account was used before its import; null if it was never used. */
  @Column({ type: 'timestamptz', name: 'first_login_at', precision: 3, nullable: true })
  firstLoginAt: Date | null;

  /** Time of the latest login. */
  @Column({ type: 'timestamptz', name: 'last_login_at', precision: 3, nullable: true })
  lastLoginAt: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt: Date;
}
