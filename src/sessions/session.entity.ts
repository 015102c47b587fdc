import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What ended a session before its time. */
export type RevocationReason =
  | 'logout'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'roles_changed'
  | 'account_disabled'
  | 'account_deleted'
  | 'session_limit'
  | 'response_to_alert'
  | 'ended_by_administrator';

/** One sign-in on one device. Refresh tokens have no table: they are derived from session and generation. */
@Entity('sessions')
@Index('sessions_user_id', ['userId'])
@Index('sessions_revoked_at', ['revokedAt'], { where: 'revoked_at IS NOT NULL' })
@Index('sessions_expires_at', ['expiresAt'])
export class Session {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'sessions_pkey' })
  id: string;

  /** No foreign key: the row of a deleted account stays, revoked, until every instance has heard of it. */
  @Column('uuid', { name: 'user_id' })
  userId: string;

  /** Counts refreshes. A number and never a time, so that two refreshes in one instant differ. */
  @Column('integer')
  generation: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** When the current generation began. */
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

  /** Fingerprint of the client (user agent and network) that made the current generation. */
  @Column('bytea')
  client: Buffer;
}
