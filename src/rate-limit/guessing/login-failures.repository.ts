import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { LoginFailures } from './login-failures.entity.js';

/** Whose failures: the account's digest and a known device, or '' for every other place. */
export interface FailureKey {
  readonly emailDigest: string;
  readonly deviceId: string;
}

/** When guesses begin to cost a wait, how long the first one is, how long they get, and when they end. */
export interface GuessingRules {
  readonly firstWaitAt: number;
  readonly firstWaitSeconds: number;
  readonly longestWaitSeconds: number;
  readonly closedAt: number;
}

/** That guesses at an account are refused at present. */
export interface GuessingLock {
  readonly emailDigest: string;
  /** Null for one that is closed until somebody opens it. */
  readonly until: Date | null;
}

/**
 * Every statement over login failures. Times are PostgreSQL's, read when a row lock is held (`clock_timestamp()`),
 * because instances share the waits and `now()` would be from before the lock.
 */
@Injectable()
export class LoginFailuresRepository {
  constructor(@InjectRepository(LoginFailures) private readonly failures: Repository<LoginFailures>) {}

  /**
   * Counts a failure and begins the wait that follows it, unless a wait is still running or guesses are closed: one
   * conditional statement on its own, so that of any number of parallel guesses only as many pass as one after the
   * other would. Returns the count with this failure, or null when nothing was counted.
   */
  async count(key: FailureKey, rules: GuessingRules): Promise<number | null> {
    const rows = await onDatabase(() =>
      this.failures.query<{ failures: number }[]>(
        `INSERT INTO login_failures AS f (account_digest, device_id, failures, updated_at)
         VALUES ($1, $2, 1, clock_timestamp())
         ON CONFLICT (account_digest, device_id) DO UPDATE SET
           failures = f.failures + 1,
           blocked_until = CASE WHEN f.failures + 1 >= $3::int THEN
             clock_timestamp() + LEAST($4 * power(2, f.failures + 1 - $3::int), $5) * interval '1 second' END,
           updated_at = clock_timestamp()
         WHERE f.failures < $6 AND (f.blocked_until IS NULL OR f.blocked_until <= clock_timestamp())
         RETURNING failures`,
        [
          key.emailDigest,
          key.deviceId,
          rules.firstWaitAt,
          rules.firstWaitSeconds,
          rules.longestWaitSeconds,
          rules.closedAt,
        ],
      ),
    );
    return rows[0]?.failures ?? null;
  }

  /** The count, and the seconds until the wait is over: 0 when it is. */
  async find(key: FailureKey): Promise<{ failures: number; waitSeconds: number } | null> {
    const rows = await onDatabase(() =>
      this.failures.query<{ failures: number; waitSeconds: number }[]>(
        `SELECT failures, GREATEST(0, ceil(extract(epoch FROM blocked_until - clock_timestamp())))::int AS "waitSeconds"
         FROM login_failures WHERE account_digest = $1 AND device_id = $2`,
        [key.emailDigest, key.deviceId],
      ),
    );
    return rows[0] ?? null;
  }

  /** Of some accounts, those that refuse every guess from a device that they do not know, and until when. */
  async findLocked(emailDigests: readonly string[], closedAt: number): Promise<GuessingLock[]> {
    return onDatabase(() =>
      this.failures.query<GuessingLock[]>(
        `SELECT account_digest AS "emailDigest", CASE WHEN failures < $2 THEN blocked_until END AS until
         FROM login_failures
         WHERE account_digest = ANY($1) AND device_id = '' AND (failures >= $2 OR blocked_until > clock_timestamp())`,
        [emailDigests, closedAt],
      ),
    );
  }

  /**
   * Takes back the failure that was counted as the given one. The wait goes with it when it was the newest, for that
   * wait is its own; the wait of a later failure stays unless too few are left for any.
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
    await tx.delete(LoginFailures, { emailDigest: key.emailDigest, deviceId: key.deviceId });
  }

  /** Forgets an account's failures on all devices; returns whether there were any. */
  async resetAccount(tx: Transaction, emailDigest: string): Promise<boolean> {
    const { affected } = await tx.delete(LoginFailures, { emailDigest });
    return (affected ?? 0) > 0;
  }

  /** Deletes one batch of what lies untouched for so long without ever having reached a wait. */
  async forget(days: number, batch: number): Promise<void> {
    await onDatabase(() =>
      this.failures.query(
        `DELETE FROM login_failures WHERE (account_digest, device_id) IN (
           SELECT account_digest, device_id FROM login_failures
           WHERE failures < 10 AND updated_at < now() - $1 * interval '1 day'
           ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [days, batch],
      ),
    );
  }
}
