import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../database/database-problem.js';
import { TransactionRunner } from '../database/transaction-runner.js';

/** A stored caught mail. */
export interface CaughtRow {
  readonly id: string;
  readonly sealed: Buffer;
  readonly createdAt: Date;
}

/** All SQL statements on caught mails. */
@Injectable()
export class CaughtMailsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Stores a mail once per id, and deletes mails older than `keptSince` or beyond the newest `most`. Only one
   * instance inserts at a time, so positions follow the order of commits and a reader that resumes after a position
   * misses none.
   */
  async insert({ id, sealed, createdAt }: CaughtRow, keptSince: Date, most: number): Promise<void> {
    await this.transactions.run(async (tx) => {
      await tx.query('LOCK TABLE caught_mails IN SHARE ROW EXCLUSIVE MODE');
      await tx.query(
        `INSERT INTO caught_mails (id, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
        [id, sealed, createdAt],
      );
      await tx.query(
        `DELETE FROM caught_mails WHERE created_at < $1
           OR position <= (SELECT position FROM caught_mails ORDER BY position DESC OFFSET $2 LIMIT 1)`,
        [keptSince, most],
      );
    });
  }

  /** Returns the mail with this id, which may be any text; undefined if it is not stored. */
  async find(id: string, keptSince: Date): Promise<CaughtRow | undefined> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<CaughtRow[]>(
        `SELECT id, sealed, created_at AS "createdAt" FROM caught_mails WHERE id::text = $1 AND created_at >= $2`,
        [id, keptSince],
      ),
    );
    return row;
  }

  /** Returns the mails after the one with this id, newest first; all of them if `id` is null or no longer stored. */
  async listAfter(id: string | null, keptSince: Date): Promise<CaughtRow[]> {
    return onDatabase(() =>
      this.dataSource.query<CaughtRow[]>(
        `SELECT id, sealed, created_at AS "createdAt" FROM caught_mails
         WHERE created_at >= $2 AND position > coalesce((SELECT position FROM caught_mails WHERE id = $1), 0)
         ORDER BY position DESC`,
        [id, keptSince],
      ),
    );
  }
}
