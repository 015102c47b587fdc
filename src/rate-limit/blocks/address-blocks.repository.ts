import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Raw, Repository } from 'typeorm';
import { Clock } from '../../platform/clock/clock.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { AddressBlock } from './address-block.entity.js';

/** Why networks are blocked, and for how long from now. */
export interface BlockReason {
  /** The alert that caused the block. */
  readonly alertId: string;
  readonly reason: string;
  readonly seconds: number;
}

/** Identifies a block: one per network and alert. */
export type BlockKey = Pick<AddressBlock, 'network' | 'alertId'>;

/** SQL for blocked addresses. Times come from PostgreSQL's clock. */
@Injectable()
export class AddressBlocksRepository {
  constructor(
    @InjectRepository(AddressBlock) private readonly blocks: Repository<AddressBlock>,
    private readonly clock: Clock,
  ) {}

  private get databaseNow(): string {
    return databaseTime(this.clock, 'now()');
  }

  /** Blocks the networks that this alert does not block yet, and returns them. */
  async insert(
    tx: Transaction,
    networks: readonly string[],
    { alertId, reason, seconds }: BlockReason,
  ): Promise<string[]> {
    const written = await tx.query<{ network: string }[]>(
      `INSERT INTO address_blocks AS b (network, alert_id, reason, expires_at)
       SELECT DISTINCT network, $2::uuid, $3, ${this.databaseNow} + $4 * interval '1 second'
       FROM unnest($1::text[]) AS network ORDER BY network
       ON CONFLICT (network, alert_id) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at
       WHERE b.expires_at <= ${this.databaseNow}
       RETURNING network`,
      [networks, alertId, reason, seconds],
    );
    return written.map(({ network }) => network);
  }

  /** Deletes the blocks of a network, of an alert, or of both; returns those that were still in force. */
  async delete(tx: Transaction, { network, alertId }: Partial<BlockKey>): Promise<BlockKey[]> {
    const [deleted] = (await tx.query(
      `DELETE FROM address_blocks WHERE network = coalesce($1::text, network) AND alert_id = coalesce($2::uuid, alert_id)
       RETURNING network, alert_id AS "alertId", expires_at > ${this.databaseNow} AS stood`,
      [network ?? null, alertId ?? null],
    )) as [(BlockKey & { stood: boolean })[], number];
    return deleted.filter(({ stood }) => stood);
  }

  async deleteExpired(tx: Transaction): Promise<void> {
    // Rows that another transaction has locked to renew them are skipped.
    await tx.query(
      `DELETE FROM address_blocks WHERE (network, alert_id) IN
         (SELECT network, alert_id FROM address_blocks WHERE expires_at <= ${this.databaseNow} FOR UPDATE SKIP LOCKED)`,
    );
  }

  /** Returns the blocks in force, ordered by expiry. */
  async findAll(): Promise<AddressBlock[]> {
    return onDatabase(() =>
      this.blocks.find({
        where: { expiresAt: Raw((column) => `${column} > ${this.databaseNow}`) },
        order: { expiresAt: 'ASC' },
      }),
    );
  }

  /** Returns each blocked network with its remaining milliseconds; a duration is immune to clock skew between hosts. */
  async findRemaining(): Promise<{ network: string; remainingMs: number }[]> {
    return onDatabase(() =>
      this.blocks.query<{ network: string; remainingMs: number }[]>(
        `SELECT network, extract(epoch FROM max(expires_at) - ${this.databaseNow})::float8 * 1000 AS "remainingMs"
         FROM address_blocks WHERE expires_at > ${this.databaseNow} GROUP BY network`,
      ),
    );
  }
}
