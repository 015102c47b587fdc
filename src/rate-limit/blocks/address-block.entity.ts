import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An address, or the /64 of an IPv6 address, that is refused until a time in answer to one alert. */
@Entity('address_blocks')
export class AddressBlock {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'address_blocks_pkey' })
  network: string;

  /** Whose closing ends it; another alert's block of the same network stands by itself. */
  @PrimaryColumn('uuid', { name: 'alert_id', primaryKeyConstraintName: 'address_blocks_pkey' })
  alertId: string;

  @Column('text')
  reason: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
