import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../platform/clock/clock.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import { databaseTime } from '../../platform/database/database-time.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { ListedReason, ListedRevocation, NewRevocation } from './revocation-item.js';

/** The number of revocations that one statement numbers, well within its deadline. */
const NUMBERED_AT_ONCE = 5000;

/** The revocations after a number, and the bounds of the list at that time. */
export interface ListSnapshot {
  readonly items: readonly ListedRevocation[];
  readonly last: number;
  /** The highest number that has been deleted; 0 if none has. */
  readonly deleted: number;
  /** Whether there are revocations without a number yet. */
  readonly isBehind: boolean;
}

interface SnapshotRow {
  readonly last: string;
  readonly deleted: string;
  readonly isBehind: boolean;
  readonly item: Omit<ListedRevocation, 'revokedAt' | 'expiresAt'> & { revokedAt: string; expiresAt: string };
}

/** All SQL statements on the list of revocations. */
@Injectable()
export class RevocationListRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
  ) {}

  /**
   * Adds revocations, as of now where they have no time. Each expires `lifeSeconds` later, or when the tokens concerned do if
   * that is later still.
   */
  async append(
    tx: Transaction,
    added: readonly NewRevocation[],
    { reason, lifeSeconds }: { reason: ListedReason; lifeSeconds: number },
  ): Promise<void> {
    await tx.query(
      `WITH moment AS MATERIALIZED (
         SELECT (${databaseTime(this.clock, 'clock_timestamp()')})::timestamptz(3) AS now)
       , item AS (
         SELECT id, session_id, key_id, subject, coalesce(at, now) AS at, tokens_expire_at FROM moment,
           unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
             AS item (id, session_id, key_id, subject, at, tokens_expire_at))
       INSERT INTO revocations (id, session_id, key_id, subject, reason, revoked_at, expires_at)
       SELECT id, session_id, key_id, subject, $7, at, greatest(at + make_interval(secs => $8), tokens_expire_at) FROM item`,
      [
        added.map(() => this.ids.next()),
        added.map(({ sessionId }) => sessionId),
        added.map(({ keyId }) => keyId),
        added.map(({ subject }) => subject),
        added.map(({ at }) => at),
        added.map(({ tokensExpireAt }) => tokensExpireAt),
        reason,
        lifeSeconds,
      ],
    );
  }

  /** Numbers the committed revocations that have no number yet. Throws `dependency_unavailable`. */
  async number(): Promise<void> {
    for (;;) {
      const [row] = await onDatabase(() =>
        this.dataSource.query<{ added: number }[]>('SELECT number_revocations($1) AS added', [
          NUMBERED_AT_ONCE,
        ]),
      );
      if (row!.added < NUMBERED_AT_ONCE) return;
    }
  }

  /** Returns up to `limit` revocations after a number, in one snapshot. Throws `dependency_unavailable`. */
  async snapshot(after: number, limit: number): Promise<ListSnapshot> {
    const rows = await onDatabase(() =>
      this.dataSource.query<[SnapshotRow, ...SnapshotRow[]]>(
        `SELECT last, deleted, EXISTS (SELECT FROM revocations WHERE number IS NULL) AS "isBehind",
           CASE WHEN number IS NOT NULL THEN json_build_object('number', number, 'sessionId', session_id, 'keyId', key_id,
             'subject', subject, 'reason', reason, 'revokedAt', revoked_at, 'expiresAt', expires_at) END AS item
         FROM revocation_numbers LEFT JOIN (
           SELECT * FROM revocations WHERE number > $1 ORDER BY number LIMIT $2) AS page ON true
         ORDER BY number`,
        [after, limit],
      ),
    );
    const [{ last, deleted, isBehind }] = rows;
    const items = rows
      .filter(({ item }) => item !== null)
      .map(({ item }) => ({
        ...item,
        revokedAt: new Date(item.revokedAt),
        expiresAt: new Date(item.expiresAt),
      }));
    return { items, last: Number(last), deleted: Number(deleted), isBehind };
  }

  /**
   * Returns the reasons for which this session or key was listed in the last `withinSeconds` on PostgreSQL's clock, with a number
   * or without. Throws `dependency_unavailable`.
   */
  async recentReasons(sessionOrKeyId: string, withinSeconds: number): Promise<ListedReason[]> {
    const since = `${databaseTime(this.clock, 'now()')} - make_interval(secs => $2)`;
    const rows = await onDatabase(() =>
      this.dataSource.query<{ reason: ListedReason }[]>(
        `SELECT reason FROM revocations WHERE coalesce(session_id, key_id) = $1 AND revoked_at >= ${since}`,
        [sessionOrKeyId, withinSeconds],
      ),
    );
    return rows.map(({ reason }) => reason);
  }

  /**
   * Deletes up to `limit` of the oldest revocations that expired before `before`; returns how many.
   */
  async deleteOldest(before: Date, limit: number): Promise<number> {
    const [row] = await this.dataSource.query<{ count: string }[]>(
      `WITH gone AS (
         DELETE FROM revocations WHERE number IN (
           SELECT number FROM revocations
           WHERE number < coalesce((SELECT min(number) FROM revocations WHERE expires_at >= $1), 9223372036854775807)
           ORDER BY number LIMIT $2)
         RETURNING number)
       , noted AS (
         UPDATE revocation_numbers SET deleted = greatest(deleted, (SELECT max(number) FROM gone)))
       SELECT count(*) AS count FROM gone`,
      [before, limit],
    );
    return Number(row!.count);
  }
}
