import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Not, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Delivery } from './delivery.entity.js';

/** Every statement over deliveries. */
@Injectable()
export class DeliveriesRepository {
  constructor(@InjectRepository(Delivery) private readonly deliveries: Repository<Delivery>) {}

  async insert(tx: Transaction, deliveries: readonly Delivery[]): Promise<void> {
    // TypeORM's type of what it writes has no place for JSON of any shape.
    await tx.insert(Delivery, deliveries as unknown as QueryDeepPartialEntity<Delivery>[]);
  }

  /**
   * Takes what is due, the longest due first, for one worker until `leaseUntil`: rows that another worker is taking
   * at this moment are passed over (SKIP LOCKED), and taken ones are not due until their lease ends.
   */
  async claim(channel: string, now: Date, leaseUntil: Date, limit: number): Promise<Delivery[]> {
    const ids = await onDatabase(async () => {
      const [rows] = (await this.deliveries.query(
        `UPDATE monitoring_delivery SET next_attempt_at = $3, attempts = attempts + 1
         WHERE id IN (SELECT id FROM monitoring_delivery
                      WHERE channel = $1 AND state = 'pending' AND next_attempt_at <= $2
                      ORDER BY next_attempt_at LIMIT $4 FOR UPDATE SKIP LOCKED)
         RETURNING id`,
        [channel, now, leaseUntil, limit],
      )) as [{ id: string }[], number];
      return rows.map(({ id }) => id);
    });
    if (ids.length === 0) return [];
    return onDatabase(() => this.deliveries.createQueryBuilder().whereInIds(ids).getMany());
  }

  async update(id: string, changes: Partial<Omit<Delivery, 'alert'>>): Promise<void> {
    await onDatabase(() => this.deliveries.update({ id }, changes));
  }

  /**
   * How many messages about the alert of one the channel has delivered since, or still owes from before that one: what
   * became due at the same moment is attempted at the same moment.
   */
  async countBefore(
    { id, alertId, channel }: Pick<Delivery, 'id' | 'alertId' | 'channel'>,
    since: Date,
  ): Promise<number> {
    const some = { alertId, channel, createdAt: MoreThan(since) };
    return onDatabase(() =>
      this.deliveries.countBy([
        { ...some, id: Not(id), state: 'delivered' },
        { ...some, id: LessThan(id), state: 'pending' },
      ]),
    );
  }

  /** Deletes a batch of messages that are over, the oldest first; returns how many. */
  async deleteOverBefore(instant: Date, batch: number): Promise<number> {
    return onDatabase(async () => {
      const [, deleted] = (await this.deliveries.query(
        `DELETE FROM monitoring_delivery WHERE id IN (
           SELECT id FROM monitoring_delivery
           WHERE state IN ('delivered', 'suppressed') AND created_at < $1
           ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [instant, batch],
      )) as [unknown, number];
      return deleted;
    });
  }
}
