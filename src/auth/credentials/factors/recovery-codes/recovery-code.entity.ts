import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { User } from '../../../../users/user.entity.js';

/** One of the codes that sign a user in who has lost every other factor. */
@Entity('recovery_codes')
export class RecoveryCode {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'recovery_codes_pkey' })
  @ForeignKey(() => User, { name: 'recovery_codes_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  /** Keyed SHA-256. The code has 120 random bits, so a slow hash would add nothing. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'recovery_codes_pkey' })
  digest: Buffer;

  /** The master secret of the digest; null in rows of the previous version. */
  @Column('text', { name: 'key_id', nullable: true })
  keyId: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'used_at', precision: 3, nullable: true })
  usedAt: Date | null;
}
