import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AlertBody } from '../alerts/alert-body.js';

/** A message as written by the previous version. */
export interface FormerDelivery {
  readonly id: string;
  readonly channel: string;
  readonly alert: AlertBody;
}

/** All SQL statements on `monitoring_delivery`, to which only the previous version writes. */
@Injectable()
export class FormerDeliveriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns whether any are due, whether or not a worker of the previous version holds them. */
  async areDue(instant: Date): Promise<boolean> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ due: boolean }]>(
        `SELECT EXISTS (SELECT FROM monitoring_delivery WHERE state = 'pending' AND next_attempt_at <= $1) AS due`,
        [instant],
      ),
    );
    return row.due;
  }

  /**
   * Deletes and returns messages that are due at the instant; messages that a worker of the previous version holds
   * are not.
   */
  async take(tx: Transaction, instant: Date, batch: number): Promise<FormerDelivery[]> {
    const [rows] = (await tx.query(
      `DELETE FROM monitoring_delivery WHERE id = ANY (ARRAY(
         SELECT id FROM monitoring_delivery WHERE state = 'pending' AND next_attempt_at <= $1
         ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED))
       RETURNING id, channel, alert`,
      [instant, batch],
    )) as [FormerDelivery[], number];
    return rows;
  }
}
