import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from '../../../../users/user.entity.js';

/**
 * The recovery of lost factors of an account. The row exists while the recovery runs and, after it was cancelled, until another
 * may start.
 */
@Entity('factor_recoveries')
@Index('factor_recoveries_next_at', ['nextAt'])
export class FactorRecovery {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'factor_recoveries_pkey' })
  @ForeignKey(() => User, { name: 'factor_recoveries_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  /** When the password was set with which it was started; another password ends it. */
  @Column({ type: 'timestamptz', name: 'password_changed_at', precision: 3 })
  passwordChangedAt: Date;

  /** That of the account when it was started; another address or factor ends it. Null if the previous version started it. */
  @Column({ type: 'integer', name: 'credential_version', nullable: true })
  credentialVersion: number | null;

  @Column({ type: 'timestamptz', name: 'started_at', precision: 3 })
  startedAt: Date;

  /** When the waiting time is over. */
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3 })
  dueAt: Date;

  /** When the link that removes the factors was sent. */
  @Column({ type: 'timestamptz', name: 'ready_at', precision: 3, nullable: true })
  readyAt: Date | null;

  @Column({ type: 'timestamptz', name: 'canceled_at', precision: 3, nullable: true })
  canceledAt: Date | null;

  /** When the next notice, the link, the end of its validity or the end of the pause after a cancellation is due. */
  @Column({ type: 'timestamptz', name: 'next_at', precision: 3 })
  nextAt: Date;
}
