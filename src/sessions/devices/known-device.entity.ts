import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** A device on which a user has signed in. Its failed logins are counted separately from those of unknown devices. */
@Entity('known_devices')
export class KnownDevice {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'known_devices_pkey' })
  @ForeignKey(() => User, { name: 'known_devices_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'known_devices_pkey' })
  deviceId: string;

  @Column({ type: 'timestamptz', name: 'first_login_at', precision: 3, default: () => 'now()' })
  firstLoginAt: Date;

  @Column({ type: 'timestamptz', name: 'last_login_at', precision: 3 })
  lastLoginAt: Date;
}
