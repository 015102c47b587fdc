import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An address, or the /64 of an IPv6 address, that is refused until a time. */
@Entity('address_blocks')
export class AddressBlock {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'address_blocks_pkey' })
  network: string;

  @Column('text')
  reason: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
