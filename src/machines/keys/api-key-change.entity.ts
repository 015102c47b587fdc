import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Names an owner whose keys, or whose access, have changed. */
@Entity('api_key_changes')
@Index('api_key_changes_position', ['position'])
export class ApiKeyChange {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_key_changes_pkey' })
  id: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  /** The transaction's id; only the database sets it. */
  @Column({
    type: 'bigint',
    default: () => '((pg_current_xact_id())::text)::bigint',
    insert: false,
    update: false,
  })
  position: string;
}
