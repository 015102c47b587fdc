import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** A change of an owner's keys or access. */
export interface KeyChange {
  readonly id: string;
  readonly ownerId: string;
}

/** The changes after a position. */
export interface KeyChangePage {
  readonly changes: readonly KeyChange[];
  /** Every change of a transaction that is still open comes at or after it. */
  readonly horizon: string;
}

/** SQL of the feed of changes. The database sets the position of a change: the id of its transaction. */
@Injectable()
export class KeyChangesRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ids: UuidV7,
  ) {}

  async add(tx: Transaction, ownerIds: readonly string[]): Promise<void> {
    await tx.query(
      'INSERT INTO api_key_changes (id, owner_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])',
      [ownerIds.map(() => this.ids.next()), ownerIds],
    );
  }

  /** Returns the changes at or after a position; of none for null. */
  async since(position: string | null): Promise<KeyChangePage> {
    const rows: { id: string | null; ownerId: string; horizon: string }[] = await this.dataSource.query(
      `SELECT change.id, change.owner_id AS "ownerId", snapshot.horizon
         FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon) AS snapshot
         LEFT JOIN api_key_changes AS change ON change.position >= $1::bigint`,
      [position],
    );
    const changes = rows.flatMap(({ id, ownerId }) => (id === null ? [] : [{ id, ownerId }]));
    return { changes, horizon: rows[0]!.horizon };
  }

  /** Deletes the changes before a position. */
  async purge(position: string): Promise<void> {
    await this.dataSource.query('DELETE FROM api_key_changes WHERE position < $1::bigint', [position]);
  }
}
