import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from '../../../../users/user.entity.js';

/** A passkey of a user: the public half of a WebAuthn credential. */
@Entity('passkeys')
@Index('passkeys_credential_id', ['credentialId'], { unique: true })
@Index('passkeys_user_id', ['userId'])
export class Passkey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'passkeys_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  @ForeignKey(() => User, { name: 'passkeys_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  /** Chosen by the user. */
  @Column('text')
  name: string;

  /** Chosen by the authenticator; unique over all accounts. */
  @Column('bytea', { name: 'credential_id' })
  credentialId: Buffer;

  /** In COSE (RFC 9052). */
  @Column('bytea', { name: 'public_key' })
  publicKey: Buffer;

  /** The identifier of the user that the authenticator stores with the credential. */
  @Column('bytea', { name: 'user_handle' })
  userHandle: Buffer;

  /** Authenticates the columns above except the name; see `PasskeyRows`. */
  @Column('bytea', { name: 'row_seal' })
  rowSeal: Buffer;

  /** The latest signature counter; 0 for authenticators that do not count. */
  @Column('bigint', { transformer: { to: (value: number) => value, from: Number } })
  counter: number;

  /** How the browser reaches the authenticator, such as `internal` or `usb`; a hint for the next sign-in. */
  @Column('text', { array: true })
  transports: string[];

  /** Whether the authenticator copies the credential to other devices, as of its latest use. */
  @Column('boolean')
  synced: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt: Date | null;
}
