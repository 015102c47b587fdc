import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** The tables that are partitioned by month. */
export type AuditTable = 'audit_events' | 'audit_calls' | 'audit_seals';

/** Manages the monthly partitions through functions that the owner role allows the service to call. */
@Injectable()
export class PartitionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Creates the partitions of a month, such as `2026-11`, if they do not exist. */
  async make(month: string): Promise<void> {
    await this.dataSource.query('SELECT audit_make_month($1::date)', [`${month}-01`]);
  }

  /** Drops a month. The database refuses if the month is too recent, or if the table is busy for over 200 ms. */
  async drop(tx: Transaction, table: AuditTable, month: string): Promise<void> {
    await tx.query('SELECT audit_drop_month($1, $2::date)', [table, `${month}-01`]);
  }

  /** Returns the months for which a table has partitions, oldest first. */
  async of(table: AuditTable): Promise<string[]> {
    const rows = await this.dataSource.query<{ month: string }[]>(
      `SELECT replace(right(relid::regclass::text, 7), '_', '-') AS month
       FROM pg_partition_tree($1::regclass) WHERE level = 1 ORDER BY month`,
      [table],
    );
    return rows.map(({ month }) => month);
  }

  /**
   * Moves new positions beyond all existing ones if the rows came from another cluster. Returns whether that was the
   * case. `sealedTo` is the end of the newest genuine seal, or 0.
   */
  async rebasePositions(sealedTo: number): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ moved: boolean }]>(
      'SELECT audit_rebase_positions($1::bigint) AS moved',
      [sealedTo],
    );
    return row.moved;
  }
}
