import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { Clock } from '../../platform/clock/clock.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import { prepared } from '../../platform/database/prepared-statements.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { GuessingRules } from './guessing-rules.js';
import { LoginFailures } from './login-failures.entity.js';
import { isWaiting } from './running-wait.js';

/** Key of a count: the account's digest and a known device, or '' for all unknown devices. */
export interface FailureKey {
  readonly emailDigest: string;
  readonly deviceId: string;
}

/** An account that currently refuses guesses. */
export interface GuessingLock {
  readonly emailDigest: string;
  /** Null for an account that stays closed until it is unlocked. */
  readonly until: Date | null;
}

const RESET = prepared('DELETE FROM login_failures WHERE account_digest = $1 AND device_id = $2');

/**
 * SQL for login failures. Times come from PostgreSQL and are read while the row lock is held (`clock_timestamp()`):
 * instances share the waits, and `now()` would predate the lock.
 */
@Injectable()
export class LoginFailuresRepository {
  constructor(
    @InjectRepository(LoginFailures) private readonly failures: Repository<LoginFailures>,
    private readonly clock: Clock,
  ) {}

  private get databaseNow(): string {
    return databaseTime(this.clock, 'clock_timestamp()');
  }

  /**
   * Counts a failure and starts the wait that follows it, unless a wait is still running or guesses are closed. This is a
   * single conditional statement, so parallel guesses get no more attempts than sequential ones. Returns the count
   * including this failure, or null when nothing was counted.
   */
  async count(key: FailureKey, userId: string | null, rules: GuessingRules): Promise<number | null> {
    const rows = await onDatabase(() =>
      this.failures.query<{ failures: number }[]>(
        prepared(`INSERT INTO login_failures AS f (account_digest, device_id, failures, user_id, updated_at)
         VALUES ($1, $2, 1, $7, ${this.databaseNow})
         ON CONFLICT (account_digest, device_id) DO UPDATE SET
           failures = f.failures + 1,
           blocked_until = CASE WHEN f.failures + 1 >= $3::int THEN
             ${this.databaseNow} + LEAST($4 * power(2, f.failures + 1 - $3::int), $5) * interval '1 second' END,
           user_id = $7,
           updated_at = ${this.databaseNow}
         WHERE f.failures < $6 AND ${isWaiting(this.databaseNow, rules, 'f')} IS NOT TRUE
         RETURNING failures`),
        [
          key.emailDigest,
          key.deviceId,
          rules.firstWaitAt,
          rules.firstWaitSeconds,
          rules.longestWaitSeconds,
          rules.closedAt,
          userId,
        ],
      ),
    );
    return rows[0]?.failures ?? null;
  }

  /** Returns the count and the seconds until the wait ends; 0 seconds when no wait is running. */
  async find(
    key: FailureKey,
    rules: GuessingRules,
  ): Promise<{ failures: number; waitSeconds: number } | null> {
    const rows = await onDatabase(() =>
      this.failures.query<{ failures: number; waitSeconds: number }[]>(
        `SELECT failures, CASE WHEN ${isWaiting(this.databaseNow, rules)}
           THEN GREATEST(0, ceil(extract(epoch FROM blocked_until - ${this.databaseNow}))) ELSE 0 END::int AS "waitSeconds"
         FROM login_failures WHERE account_digest = $1 AND device_id = $2`,
        [key.emailDigest, key.deviceId],
      ),
    );
    return rows[0] ?? null;
  }

  /** Returns the given accounts that refuse every guess from an unknown device, and until when. */
  async findLocked(emailDigests: readonly string[], rules: GuessingRules): Promise<GuessingLock[]> {
    return onDatabase(() =>
      this.failures.query<GuessingLock[]>(
        `SELECT account_digest AS "emailDigest", CASE WHEN failures < $2 THEN blocked_until END AS until
         FROM login_failures
         WHERE account_digest = ANY($1) AND device_id = '' AND (failures >= $2 OR ${isWaiting(this.databaseNow, rules)})`,
        [emailDigests, rules.closedAt],
      ),
    );
  }

  /**
   * Takes back the failure with the given number. If it was the newest, its wait is removed as well. The wait of a later
   * failure is kept unless too few failures remain for a wait.
   */
  async uncount(key: FailureKey, counted: number, rules: GuessingRules): Promise<void> {
    await onDatabase(() =>
      this.failures.query(
        `UPDATE login_failures SET
           failures = failures - 1,
           blocked_until = CASE WHEN failures > $3 AND failures > $4 THEN blocked_until END
         WHERE account_digest = $1 AND device_id = $2 AND failures > 0`,
        [key.emailDigest, key.deviceId, counted, rules.firstWaitAt],
      ),
    );
  }

  async reset(tx: Transaction, key: FailureKey): Promise<void> {
    await tx.query(RESET, [key.emailDigest, key.deviceId]);
  }

  async resetDevices(tx: Transaction, emailDigest: string, deviceIds: readonly string[]): Promise<void> {
    await tx.delete(LoginFailures, { emailDigest, deviceId: In(deviceIds) });
  }

  /** Deletes an account's failures on all devices; returns whether there were any. */
  async resetAccount(tx: Transaction, emailDigest: string): Promise<boolean> {
    const { affected } = await tx.delete(LoginFailures, { emailDigest });
    return (affected ?? 0) > 0;
  }

  /** {@link resetAccount} for several accounts. */
  async resetAccounts(tx: Transaction, emailDigests: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM login_failures WHERE account_digest = ANY ($1)', [emailDigests]);
  }

  /**
   * Deletes one batch of rows that have been unchanged since before `before` and never reached a wait; returns how many. The
   * number of failures is part of the text, so that it is seen to match `login_failures_forgettable_idx`.
   */
  async forget(before: Date, batch: number, { firstWaitAt }: GuessingRules): Promise<number> {
    return onDatabase(async () => {
      const [, deleted] = (await this.failures.query(
        `WITH old AS MATERIALIZED (
           SELECT account_digest, device_id FROM login_failures
           WHERE failures < ${firstWaitAt} AND updated_at < $1
           ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)
         DELETE FROM login_failures AS failure USING old
         WHERE (failure.account_digest, failure.device_id) = (old.account_digest, old.device_id)`,
        [before, batch],
      )) as [unknown, number];
      return deleted;
    });
  }
}
