import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Consecutive failed logins for one account, existing or not, from one known device or from all unknown ones. */
@Entity('login_failures')
@Index('login_failures_forgettable_idx', ['updatedAt'], { where: 'failures < 10' })
@Index('login_failures_closed_idx', ['userId'], { where: `device_id = '' AND failures >= 100` })
@Index('login_failures_waiting_idx', ['blockedUntil'], { where: `device_id = ''` })
export class LoginFailures {
  /** Keyed digest of the submitted e-mail address. */
  @PrimaryColumn('text', { name: 'account_digest', primaryKeyConstraintName: 'login_failures_pkey' })
  emailDigest: string;

  /** Empty for all devices that have not signed in before. */
  @PrimaryColumn('text', { name: 'device_id', primaryKeyConstraintName: 'login_failures_pkey' })
  deviceId: string;

  /** The account that had the address at the latest failure; null if there was none. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  @Column('integer')
  failures: number;

  @Column('timestamptz', { name: 'blocked_until', nullable: true })
  blockedUntil: Date | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
