import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** The tables that are partitioned by month. */
export type AuditTable = 'audit_events' | 'audit_calls' | 'audit_seals';

/** The monthly partitions, through the functions that the owner lets the service call. */
@Injectable()
export class PartitionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes the partitions of a month, `2026-11`, where they do not exist. */
  async make(month: string): Promise<void> {
    await this.dataSource.query('SELECT audit_make_month($1::date)', [`${month}-01`]);
  }

  /** Drops a month; refused by the database when it is too young, or when the table is busy for over 200 ms. */
  async drop(tx: Transaction, table: AuditTable, month: string): Promise<void> {
    await tx.query('SELECT audit_drop_month($1, $2::date)', [table, `${month}-01`]);
  }

  /** The months that a table has partitions for, oldest first. */
  async of(table: AuditTable): Promise<string[]> {
    const rows = await this.dataSource.query<{ month: string }[]>(
      `SELECT replace(right(relid::regclass::text, 7), '_', '-') AS month
       FROM pg_partition_tree($1::regclass) WHERE level = 1 ORDER BY month`,
      [table],
    );
    return rows.map(({ month }) => month);
  }

  /**
   * Moves the positions beyond all existing ones when the rows came from another cluster; whether that was so. `sealedTo`
   * is where the newest genuine seal ends, or 0.
   */
  async rebasePositions(sealedTo: number): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ moved: boolean }]>(
      'SELECT audit_rebase_positions($1::bigint) AS moved',
      [sealedTo],
    );
    return row.moved;
  }
}
