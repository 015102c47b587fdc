import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Not, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { onDatabase } from '../database/database-problem.js';
import { entityColumns, entityFrom } from '../database/entity-columns.js';
import { prepared } from '../database/prepared-statements.js';
import type { Transaction } from '../database/transaction-runner.js';
import { PRIORITIES } from './outbox-channel.js';
import { OutboxMessage } from './outbox-message.entity.js';

/** Identifies one claim of one message. */
export type Claim = Pick<OutboxMessage, 'id' | 'attempts'>;

/** Which messages a worker claims, and until when. */
export interface ClaimRequest {
  readonly channel: string;
  /** The least urgent priority to claim. */
  readonly leastPriority: number;
  readonly now: Date;
  readonly leaseUntil: Date;
  readonly limit: number;
}

/**
 * Reads the first entry of the index for each channel and priority. Without the order, the planner prefers to read the whole
 * table if it believes that most messages are due.
 */
const DUE_CHANNELS = prepared(
  `SELECT DISTINCT wanted.channel
   FROM unnest($1::text[]) AS wanted (channel), generate_series(0, ${PRIORITIES.length - 1}) AS level (priority)
   WHERE (SELECT next_attempt_at FROM outbox_messages AS message
          WHERE message.channel = wanted.channel AND message.priority = level.priority AND state = 'pending'
          ORDER BY next_attempt_at LIMIT 1) <= $2`,
);

/** All SQL statements on the outbox. */
@Injectable()
export class OutboxRepository {
  constructor(@InjectRepository(OutboxMessage) private readonly messages: Repository<OutboxMessage>) {}

  async insert(tx: Transaction, messages: readonly OutboxMessage[]): Promise<void> {
    // TypeORM's insert type cannot express arbitrary JSON.
    await tx.insert(OutboxMessage, messages as unknown as QueryDeepPartialEntity<OutboxMessage>[]);
  }

  /** Returns which of the channels have due messages, without claiming any. */
  async dueChannels(channels: readonly string[], now: Date): Promise<string[]> {
    const rows = await onDatabase(() =>
      this.messages.query<{ channel: string }[]>(DUE_CHANNELS, [channels, now]),
    );
    return rows.map(({ channel }) => channel);
  }

  /**
   * Claims due messages for one worker until `leaseUntil`, the most urgent first. Rows that another worker is
   * claiming are skipped (SKIP LOCKED), and claimed rows are not due again until their lease ends.
   */
  async claim({ channel, leastPriority, now, leaseUntil, limit }: ClaimRequest): Promise<OutboxMessage[]> {
    const columns = entityColumns(this.messages.manager.connection, OutboxMessage, 'message');
    const [rows] = await onDatabase(() =>
      this.messages.query<[Record<string, unknown>[], number]>(
        `UPDATE outbox_messages AS message SET next_attempt_at = $3, attempts = attempts + 1
         WHERE id IN (SELECT id FROM outbox_messages
                      WHERE channel = $1 AND state = 'pending' AND next_attempt_at <= $2 AND priority <= $5
                      ORDER BY priority, next_attempt_at LIMIT $4 FOR UPDATE SKIP LOCKED)
         RETURNING ${columns}`,
        [channel, now, leaseUntil, limit, leastPriority],
      ),
    );
    const claimed = rows.map((row) => entityFrom(row, OutboxMessage, 'message'));
    return claimed.sort((a, b) => a.priority - b.priority);
  }

  /** Extends the leases that are still held. */
  async renew(claims: readonly Claim[], leaseUntil: Date): Promise<void> {
    await onDatabase(() =>
      this.messages.query(
        `UPDATE outbox_messages AS message SET next_attempt_at = $3
         FROM unnest($1::uuid[], $2::integer[]) AS claim (id, attempts)
         WHERE message.id = claim.id AND message.attempts = claim.attempts AND message.state = 'pending'`,
        [claims.map(({ id }) => id), claims.map(({ attempts }) => attempts), leaseUntil],
      ),
    );
  }

  /**
   * Finishes a message and erases its payload, in a transaction or, without one, in a statement of its own. Returns false
   * if the lease was lost and another worker has the message.
   */
  async end(
    { id, attempts }: Claim,
    state: 'delivered' | 'suppressed' | 'dead',
    lastError: string | null,
    tx?: Transaction,
  ): Promise<boolean> {
    const over = {
      state,
      lastError,
      payload: null,
      sealed: null,
    } as unknown as QueryDeepPartialEntity<OutboxMessage>;
    const ended = await onDatabase(() =>
      (tx ?? this.messages.manager).update(OutboxMessage, { id, attempts, state: 'pending' }, over),
    );
    return ended.affected === 1;
  }

  /** Postpones a message. Returns false if the lease was lost. */
  async postpone({ id, attempts }: Claim, nextAttemptAt: Date, lastError: string): Promise<boolean> {
    const postponed = await onDatabase(() =>
      this.messages.update({ id, attempts, state: 'pending' }, { nextAttemptAt, lastError }),
    );
    return postponed.affected === 1;
  }

  /**
   * Returns how many messages with the same subject the channel has delivered since the given time, plus those that
   * were enqueued before the given message and are still pending, because messages that become due together are
   * attempted together.
   */
  async countBefore(
    { id, subject, channel }: Pick<OutboxMessage, 'id' | 'subject' | 'channel'>,
    since: Date,
  ): Promise<number> {
    const some = { subject, channel, createdAt: MoreThan(since) };
    return onDatabase(() =>
      this.messages.countBy([
        { ...some, id: Not(id), state: 'delivered' },
        { ...some, id: LessThan(id), state: 'pending' },
      ]),
    );
  }

  /** Deletes the messages with a subject, finished or not. */
  async deleteAbout(tx: Transaction, subject: string): Promise<void> {
    await tx.delete(OutboxMessage, { subject });
  }

  /** Replaces the payloads in clear text of the pending messages with a subject. */
  async replaceAbout(tx: Transaction, subject: string, payload: unknown): Promise<void> {
    await tx.query(
      `UPDATE outbox_messages SET payload = $2 WHERE subject = $1 AND state = 'pending' AND payload IS NOT NULL`,
      [subject, JSON.stringify(payload)],
    );
  }

  /** Deletes a batch of finished messages, the oldest first. Returns how many were deleted. */
  async deleteOverBefore(instant: Date, batch: number): Promise<number> {
    return onDatabase(async () => {
      const [, deleted] = (await this.messages.query(
        `DELETE FROM outbox_messages WHERE id IN (
           SELECT id FROM outbox_messages WHERE state <> 'pending' AND created_at < $1
           ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [instant, batch],
      )) as [unknown, number];
      return deleted;
    });
  }
}
