import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { KEY_ID_BYTES } from '../crypto/field-encryption.js';
import type { SealedColumn, SealedRow } from '../crypto/secret-dependants.js';
import { onDatabase } from '../database/database-problem.js';

/** Counts and rewrites encrypted columns, whichever table they are in, by the key id in front of each value. */
@Injectable()
export class SealedColumnsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns how many values were made with a secret. Reads the whole table. */
  async count({ table, column }: SealedColumn, keyId: string): Promise<number> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ count: number }]>(
        `SELECT count(*)::int AS count FROM ${table} WHERE ${isMadeWith(column)}`,
        [keyId],
      ),
    );
    return row.count;
  }

  /** Returns rows whose value was made with a secret. */
  async find(
    { table, id, column, needs = [] }: SealedColumn,
    keyId: string,
    limit: number,
  ): Promise<SealedRow[]> {
    return onDatabase(() =>
      this.dataSource.query<SealedRow[]>(
        `SELECT ${[`${id} AS id`, `${column} AS sealed`, ...needs].join(', ')} FROM ${table}
         WHERE ${isMadeWith(column)} LIMIT $2`,
        [keyId, limit],
      ),
    );
  }

  /** Replaces a value, unless it has been replaced or removed meanwhile. */
  async replace({ table, id, column }: SealedColumn, row: SealedRow, sealed: Buffer): Promise<void> {
    await onDatabase(() =>
      this.dataSource.query(`UPDATE ${table} SET ${column} = $3 WHERE ${id} = $1 AND ${column} = $2`, [
        row.id,
        row.sealed,
        sealed,
      ]),
    );
  }
}

const isMadeWith = (column: string) => `substring(${column} FROM 1 FOR ${KEY_ID_BYTES}) = decode($1, 'hex')`;
