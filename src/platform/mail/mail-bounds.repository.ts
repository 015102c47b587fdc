import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../database/database-problem.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { MailKind } from './mail-kinds.js';

/** A mail to be counted. */
export interface CountedMail {
  /** Keyed digest of the mailbox. */
  readonly mailbox: Buffer;
  readonly kind: MailKind;
  readonly at: Date;
}

/** All SQL statements on the counts of mails. */
@Injectable()
export class MailBoundsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Counts a mail unless `most` of its kind have been sent to the mailbox after `since`. Returns whether it was
   * counted. It is a single statement, so that two concurrent transactions cannot both take the last place.
   */
  async count(
    tx: Transaction,
    { mailbox, kind, at }: CountedMail,
    since: Date,
    most: number,
  ): Promise<boolean> {
    const counted = await tx.query<unknown[]>(
      `INSERT INTO mail_bounds AS b (mailbox, kind, sent_at, last_sent_at) VALUES ($1, $2, ARRAY[$3::timestamptz(3)], $3)
       ON CONFLICT (mailbox, kind) DO UPDATE SET last_sent_at = excluded.last_sent_at,
         sent_at = excluded.sent_at || ARRAY(SELECT at FROM unnest(b.sent_at) AS at WHERE at > $4)
       WHERE (SELECT count(*) FROM unnest(b.sent_at) AS at WHERE at > $4) < $5
       RETURNING kind`,
      [mailbox, kind, at, since, most],
    );
    return counted.length > 0;
  }

  async forget(tx: Transaction, mailbox: Buffer): Promise<void> {
    await tx.query('DELETE FROM mail_bounds WHERE mailbox = $1', [mailbox]);
  }

  /** Deletes one batch of counts without mails since `before`. Returns how many were deleted. */
  async purge(before: Date, batch: number): Promise<number> {
    const [, removed] = await onDatabase(() =>
      this.dataSource.query<[unknown, number]>(
        `WITH old AS MATERIALIZED (
           SELECT mailbox, kind FROM mail_bounds WHERE last_sent_at <= $1
           ORDER BY last_sent_at LIMIT $2 FOR UPDATE SKIP LOCKED)
         DELETE FROM mail_bounds AS bound USING old WHERE (bound.mailbox, bound.kind) = (old.mailbox, old.kind)`,
        [before, batch],
      ),
    );
    return removed;
  }
}
