import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An account of a program. It has scopes instead of roles, and keys instead of a password. */
@Entity('service_accounts')
export class ServiceAccount {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'service_accounts_pkey' })
  id: string;

  @Column('text')
  name: string;

  @Column('text', { array: true })
  scopes: string[];

  /** Null while it is enabled. */
  @Column({ type: 'timestamptz', name: 'disabled_at', precision: 3, nullable: true })
  disabledAt: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;
}
