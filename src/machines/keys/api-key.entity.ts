import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { User } from '../../users/user.entity.js';
import { ServiceAccount } from '../service-account.entity.js';

/** An API key of a person or of a service account. The key itself is not stored. */
@Entity('api_keys')
@Unique('api_keys_digest_key', ['digest'])
@Check('api_keys_owner_check', 'num_nonnulls(user_id, service_account_id) = 1')
@Index('api_keys_user_id', ['userId'], { where: 'user_id IS NOT NULL' })
@Index('api_keys_service_account_id', ['serviceAccountId'], { where: 'service_account_id IS NOT NULL' })
@Index('api_keys_expires_at', ['expiresAt'])
export class ApiKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_keys_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id', nullable: true })
  @ForeignKey(() => User, { name: 'api_keys_user_id_fkey', onDelete: 'CASCADE' })
  userId: string | null;

  @Column('uuid', { name: 'service_account_id', nullable: true })
  @ForeignKey(() => ServiceAccount, { name: 'api_keys_service_account_id_fkey', onDelete: 'CASCADE' })
  serviceAccountId: string | null;

  /** Chosen by the owner. */
  @Column('text')
  name: string;

  @Column('text', { array: true })
  scopes: string[];

  /** The first characters of the key. */
  @Column('text')
  hint: string;

  /** HMAC of the key, under a key that is not in the database. */
  @Column('bytea')
  digest: Buffer;

  /** The id of the master secret of the digest. */
  @Column('text', { name: 'secret_id' })
  secretId: string;

  /** For its successor, which gets the same. */
  @Column('integer', { name: 'lifetime_days' })
  lifetimeDays: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;

  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt: Date | null;

  /** Access tokens that the key got are void if they were issued up to this second; on PostgreSQL's clock. */
  @Column({ type: 'timestamptz', name: 'reduced_at', precision: 3, nullable: true })
  reducedAt: Date | null;

  /** The key that replaces it; a key is rotated once. */
  @Column('uuid', { name: 'successor_id', nullable: true })
  successorId: string | null;

  /** At most a minute late. */
  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt: Date | null;

  /** The number of days before its end of which the owner was last told; null if of none. */
  @Column('integer', { name: 'noticed_days', nullable: true })
  noticedDays: number | null;
}
