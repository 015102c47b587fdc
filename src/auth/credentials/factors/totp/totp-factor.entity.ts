import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from '../../../../users/user.entity.js';

/** An authenticator app of a user. It counts as a factor once a first code has confirmed it. */
@Entity('totp_factors')
@Index('totp_factors_user_id', ['userId'])
export class TotpFactor {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'totp_factors_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  @ForeignKey(() => User, { name: 'totp_factors_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  /** The session that began the enrolment, which alone can confirm it. */
  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  /** Chosen by the user. */
  @Column('text')
  name: string;

  /** Encrypted, with the id of the master secret in front. */
  @Column('bytea', { name: 'sealed_secret' })
  sealedSecret: Buffer;

  /** The latest time step (RFC 6238) whose code was accepted; it only moves forward. */
  @Column('integer', { name: 'last_step', nullable: true })
  lastStep: number | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Null while the enrolment is pending. */
  @Column({ type: 'timestamptz', name: 'confirmed_at', precision: 3, nullable: true })
  confirmedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt: Date | null;
}
