import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FeedCursor } from '../../audit/feed/feed-cursor.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** What tests leave in the database, beside the trail and the feeds. Children come before their parents, which is faster. */
export const EMPTIED_TABLES = [
  'factor_recoveries',
  'single_use_secrets',
  'password_credentials',
  'totp_factors',
  'passkeys',
  'recovery_codes',
  'known_devices',
  'sessions',
  'api_keys',
  'service_accounts',
  'users',
  'outbox_messages',
  'caught_mails',
  'login_failures',
  'address_blocks',
  'mail_bounds',
  'monitoring_delivery',
  'monitoring_alert',
  'monitoring_detection_slot',
];

/** Statements over what a moved clock and the people of tests leave behind. */
@Injectable()
export class TracesOfTestsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Moves the clock that the functions of the database go by. */
  async moveDatabaseClock(aheadMs: number): Promise<void> {
    await this.dataSource.query(`UPDATE throwaway_clock SET ahead = $1 * interval '1 ms'`, [aheadMs]);
  }

  /**
   * Returns a position in the trail after every event that is committed. Unlike the position up to which the trail is final, it
   * does not wait for open transactions.
   */
  async endOfTrail(): Promise<string> {
    const [{ end }] = await this.dataSource.query<[{ end: number }]>(
      'SELECT greatest(audit_horizon(), (SELECT max(position) + 1 FROM audit_events))::float8 AS end',
    );
    return new FeedCursor(end).toString();
  }

  /** Returns the sessions that have not ended; with a time, those made later only. */
  async liveSessions(since: Date | null): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM sessions WHERE revoked_at IS NULL AND ($1::timestamptz IS NULL OR created_at > $1)',
      [since],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * When the clock is set back to `now`, removes what would otherwise hold until a time now far ahead: waits, blocks, bounds of
   * mails, single-use secrets, and pauses before the next attempt to send a message.
   */
  async forgetAfter(tx: Transaction, now: Date): Promise<void> {
    await tx.query('DELETE FROM login_failures WHERE updated_at > $1', [now]);
    await tx.query('DELETE FROM address_blocks');
    await tx.query('DELETE FROM mail_bounds');
    await tx.query('DELETE FROM single_use_secrets WHERE created_at > $1', [now]);
    await tx.query('UPDATE outbox_messages SET next_attempt_at = $1 WHERE next_attempt_at > $1', [now]);
  }

  /** Removes everybody and everything that belongs to somebody. */
  async empty(tx: Transaction): Promise<void> {
    for (const table of EMPTIED_TABLES) await tx.query(`DELETE FROM ${table}`);
  }
}
