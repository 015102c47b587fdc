import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { User } from '../../../users/user.entity.js';

/** The password of a user. A user may have none. */
@Entity('password_credentials')
export class PasswordCredential {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'password_credentials_pkey' })
  @ForeignKey(() => User, { name: 'password_credentials_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column('text')
  hash: string;

  /** The `PASSWORD_PEPPER` of the hash; null for hashes of earlier versions, which had only one. */
  @Column('text', { name: 'pepper_id', nullable: true })
  pepperId: string | null;

  /** When the password was set; a new hash of the same password does not change this. */
  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3 })
  changedAt: Date;
}
