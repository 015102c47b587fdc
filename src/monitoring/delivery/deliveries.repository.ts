import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
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

  /** How many messages about an alert a channel has delivered since. */
  async countDelivered(alertId: string, channel: string, since: Date): Promise<number> {
    return onDatabase(() =>
      this.deliveries.countBy({ alertId, channel, state: 'delivered', createdAt: MoreThan(since) }),
    );
  }

  async deleteDeliveredBefore(tx: Transaction, instant: Date): Promise<void> {
    await tx.delete(Delivery, { state: 'delivered', createdAt: LessThan(instant) });
  }
}
