import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An IPv4 address, or the /64 of an IPv6 address, that an alert blocks until a given time. */
@Entity('address_blocks')
export class AddressBlock {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'address_blocks_pkey' })
  network: string;

  /** Closing this alert ends the block. Blocks of the same network by other alerts are independent. */
  @PrimaryColumn('uuid', { name: 'alert_id', primaryKeyConstraintName: 'address_blocks_pkey' })
  alertId: string;

  @Column('text')
  reason: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
