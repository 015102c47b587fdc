import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AssuranceLevel, AuthenticationMethod } from './proofs.js';
import type { RevocationReason } from './revocation-reason.js';

/** One sign-in on one device. Refresh tokens have no table: they are derived from session and generation. */
@Entity('sessions')
@Check('sessions_acr_check', `acr IN ('aal1', 'aal2')`)
@Index('sessions_user_id', ['userId'])
@Index('sessions_revoked_at', ['revokedAt'], { where: 'revoked_at IS NOT NULL' })
@Index('sessions_reduced_at', ['reducedAt'], { where: 'reduced_at IS NOT NULL' })
@Index('sessions_expires_at', ['expiresAt'])
export class Session {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'sessions_pkey' })
  id: string;

  /** No foreign key: the row of a deleted account is kept, revoked, until every instance has read it. */
  @Column('uuid', { name: 'user_id' })
  userId: string;

  /** Counts refreshes. A number rather than a time, so that two refreshes at the same instant differ. */
  @Column('integer')
  generation: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** When the current generation began, on PostgreSQL's clock. */
  @Column({ type: 'timestamptz', name: 'rotated_at', precision: 3 })
  rotatedAt: Date;

  /** The idle limit, moved by every refresh. */
  @Column({ type: 'timestamptz', name: 'idle_expires_at', precision: 3 })
  idleExpiresAt: Date;

  /** The absolute limit, never moved. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;

  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt: Date | null;

  @Column('text', { name: 'revoke_reason', nullable: true })
  revokeReason: RevocationReason | null;

  @Column('uuid', { name: 'device_id' })
  deviceId: string;

  /** SHA-256 of user agent and network of the current generation; tells whether a replay comes from another network. */
  @Column('bytea')
  client: Buffer;

  /** SHA-256 of the user agent that created the current generation; null before the first refresh. */
  @Column('bytea', { name: 'rotated_by', nullable: true })
  rotatedBy: Buffer | null;

  /** The methods that were proven for this session (RFC 8176). */
  @Column('text', { array: true, default: ['pwd'] })
  amr: AuthenticationMethod[];

  @Column('text', { default: 'aal1' })
  acr: AssuranceLevel;

  /**
   * The latest proof at the level of `acr`, or the start of the session once a factor that proved it is gone; null in rows of
   * the previous version, where it is `created_at`.
   */
  @Column({ type: 'timestamptz', name: 'auth_time', precision: 3, nullable: true })
  authTime: Date | null;

  /** What proved a second factor in this session; see {@link ProvenState}. */
  @Column('text', { array: true, default: [] })
  factors: string[];

  /**
   * A second after the session last lost a proof: tokens issued up to this second are void for offline verifiers and
   * the gateway.
   */
  @Column({ type: 'timestamptz', name: 'reduced_at', precision: 3, nullable: true })
  reducedAt: Date | null;

  /**
   * When the access tokens of this session have expired, the longest-lived of them last, on PostgreSQL's clock; null if all were
   * issued by the previous version.
   */
  @Column({ type: 'timestamptz', name: 'tokens_expire_at', precision: 3, nullable: true })
  tokensExpireAt: Date | null;

  /** `User-Agent` of the client that signed in, shown to the owner; null if it sent none. */
  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  /** The client's IPv4 address or IPv6 /64 when it signed in. */
  @Column('text', { nullable: true })
  network: string | null;

  /** The latest use, up to half a minute old; null if the session has only been created and refreshed. */
  @Column({ type: 'timestamptz', name: 'last_seen_at', precision: 3, nullable: true })
  lastSeenAt: Date | null;
}
