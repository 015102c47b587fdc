import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../database/database-problem.js';
import { TransactionRunner } from '../database/transaction-runner.js';

/** A caught mail as it is stored. */
export interface CaughtRow {
  readonly id: string;
  readonly sealed: Buffer;
  readonly createdAt: Date;
}

/** Every statement over caught mails. */
@Injectable()
export class CaughtMailsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Stores a mail once for its id, and deletes what is older than the instant or beyond the newest `most`. One instance
   * at a time: positions then follow the order of commits, and a reader that goes on from one misses none.
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

  /** The mails that came after the one with this id, or all, the newest first. All, too, where it is gone. */
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
