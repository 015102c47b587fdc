import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Not, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { Clock } from '../clock/clock.js';
import { onDatabase } from '../database/database-problem.js';
import { databaseTime } from '../database/database-time.js';
import { entityColumns, entityFrom } from '../database/entity-columns.js';
import { prepared } from '../database/prepared-statements.js';
import type { Transaction } from '../database/transaction-runner.js';
import { PRIORITIES } from './outbox-channel.js';
import { OutboxMessage } from './outbox-message.entity.js';

/** Identifies one claim of one message. */
export type Claim = Pick<OutboxMessage, 'id' | 'attempts'>;

/** A message to insert; it is due at once. */
export type EnqueuedMessage = Omit<OutboxMessage, 'nextAttemptAt'>;

/** Which messages a worker claims, and for how long. */
export interface ClaimRequest {
  readonly channel: string;
  /** The least urgent priority to claim. */
  readonly leastPriority: number;
  /** The messages that this worker is attempting, whose leases may have ended while PostgreSQL was unavailable. */
  readonly underWay: readonly string[];
  readonly leaseMs: number;
  readonly limit: number;
}

/**
 * Reads the first entry of the index for each channel and priority. Without the order, the planner prefers to read the whole
 * table if it believes that most messages are due.
 */
const dueChannelsAt = (time: string) =>
  prepared(
    `SELECT DISTINCT wanted.channel
     FROM unnest($1::text[]) AS wanted (channel), generate_series(0, ${PRIORITIES.length - 1}) AS level (priority)
     WHERE (SELECT next_attempt_at FROM outbox_messages AS message
            WHERE message.channel = wanted.channel AND message.priority = level.priority AND state = 'pending'
            ORDER BY next_attempt_at LIMIT 1) <= ${time}`,
  );

/**
 * All SQL statements on the outbox. Messages become due and leases end on PostgreSQL's clock, so that an instance with a
 * wrong clock neither takes messages from another nor leaves its own waiting.
 */
@Injectable()
export class OutboxRepository {
  constructor(
    @InjectRepository(OutboxMessage) private readonly messages: Repository<OutboxMessage>,
    private readonly clock: Clock,
  ) {}

  async insert(tx: Transaction, messages: readonly EnqueuedMessage[]): Promise<void> {
    // Rounded down, because a worker may look for it within the same millisecond.
    const nextAttemptAt = () => `date_trunc('milliseconds', ${this.instant})`;
    const rows = messages.map((message) => ({ ...message, nextAttemptAt }));
    // TypeORM's insert type cannot express arbitrary JSON.
    await tx.insert(OutboxMessage, rows as unknown as QueryDeepPartialEntity<OutboxMessage>[]);
  }

  /** Returns which of the channels have due messages, without claiming any. */
  async dueChannels(channels: readonly string[]): Promise<string[]> {
    const rows = await onDatabase(() =>
      this.messages.query<{ channel: string }[]>(dueChannelsAt(this.instant), [channels]),
    );
    return rows.map(({ channel }) => channel);
  }

  /**
   * Claims due messages for one worker for `leaseMs`, the most urgent first. Rows that another worker is
   * claiming are skipped (SKIP LOCKED), and claimed rows are not due again until their lease ends. The subquery is an
   * array, which PostgreSQL evaluates once: it may run a subquery of `IN` once per row, and claim more than the limit.
   */
  async claim(request: ClaimRequest): Promise<OutboxMessage[]> {
    const { channel, leastPriority, underWay, leaseMs, limit } = request;
    const columns = entityColumns(this.messages.manager.connection, OutboxMessage, 'message');
    const [rows] = await onDatabase(() =>
      this.messages.query<[Record<string, unknown>[], number]>(
        `UPDATE outbox_messages AS message SET next_attempt_at = ${this.instant} + $2 * interval '1 ms', attempts = attempts + 1
         WHERE id = ANY (ARRAY(
           SELECT id FROM outbox_messages
           WHERE channel = $1 AND state = 'pending' AND next_attempt_at <= ${this.instant}
             AND priority <= $3 AND id <> ALL($4::uuid[])
           ORDER BY priority, next_attempt_at LIMIT $5 FOR UPDATE SKIP LOCKED))
         RETURNING ${columns}`,
        [channel, leaseMs, leastPriority, underWay, limit],
      ),
    );
    const claimed = rows.map((row) => entityFrom(row, OutboxMessage, 'message'));
    return claimed.sort((a, b) => a.priority - b.priority);
  }

  /** Extends the leases that are still held. */
  async renew(claims: readonly Claim[], leaseMs: number): Promise<void> {
    await onDatabase(() =>
      this.messages.query(
        `UPDATE outbox_messages AS message SET next_attempt_at = ${this.instant} + $3 * interval '1 ms'
         FROM unnest($1::uuid[], $2::integer[]) AS claim (id, attempts)
         WHERE message.id = claim.id AND message.attempts = claim.attempts AND message.state = 'pending'`,
        [claims.map(({ id }) => id), claims.map(({ attempts }) => attempts), leaseMs],
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
  async postpone({ id, attempts }: Claim, pauseMs: number, lastError: string): Promise<boolean> {
    const [, count] = await onDatabase(() =>
      this.messages.query<[unknown[], number]>(
        `UPDATE outbox_messages SET next_attempt_at = ${this.instant} + $3 * interval '1 ms', last_error = $4
         WHERE id = $1 AND attempts = $2 AND state = 'pending'`,
        [id, attempts, pauseMs, lastError],
      ),
    );
    return count === 1;
  }

  /**
   * Returns how many messages with the same subject the channel has delivered since the given time, plus those that
   * were enqueued before the given message, however long ago, and are still pending, because messages that become due
   * together are attempted together. A delivered message may count for half a minute longer,
   * because its row states when the lease of its last attempt would have ended.
   */
  async countBefore(
    { id, subject, channel }: Pick<OutboxMessage, 'id' | 'subject' | 'channel'>,
    since: Date,
  ): Promise<number> {
    return onDatabase(() =>
      this.messages.countBy([
        { subject, channel, id: Not(id), state: 'delivered', nextAttemptAt: MoreThan(since) },
        { subject, channel, id: LessThan(id), state: 'pending' },
      ]),
    );
  }

  /** Returns how many seconds the oldest pending message of each channel has been waiting. Channels without one are missing. */
  async pendingSeconds(): Promise<Record<string, number>> {
    const rows = await onDatabase(() =>
      this.messages.query<{ channel: string; seconds: number }[]>(
        `SELECT channel, greatest(extract(epoch FROM ${this.instant} - min(created_at)), 0)::float8 AS seconds
         FROM outbox_messages WHERE state = 'pending' GROUP BY channel`,
      ),
    );
    return Object.fromEntries(rows.map(({ channel, seconds }) => [channel, seconds]));
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
        `DELETE FROM outbox_messages WHERE id = ANY (ARRAY(
           SELECT id FROM outbox_messages WHERE state <> 'pending' AND created_at < $1
           ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
        [instant, batch],
      )) as [unknown, number];
      return deleted;
    });
  }

  private get instant(): string {
    return databaseTime(this.clock, 'now()');
  }
}
