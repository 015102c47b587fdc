import { Injectable } from '@nestjs/common';
import { DataSource, type FindOperator, In, IsNull, MoreThan, Not } from 'typeorm';
import { Clock } from '../platform/clock/clock.js';
import { databaseTime } from '../platform/database/database-time.js';
import { onDatabase } from '../platform/database/database-problem.js';
import { entityColumns, entityFrom } from '../platform/database/entity-columns.js';
import { prepared } from '../platform/database/prepared-statements.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { LatestTime } from '../platform/memory/latest-times.js';
import { User } from '../users/user.entity.js';
import { ENABLED_OWNER, type LiveSession, liveSession } from './live-session.js';
import type { RevocationReason } from './revocation-reason.js';
import { SessionLifetimes } from './session-lifetimes.js';
import { Session } from './session.entity.js';

/** A session under the lock of its row. */
export interface LockedSession {
  readonly session: Session;
  /** Null if the account has been deleted. */
  readonly owner: User | null;
  /** Milliseconds since the current generation began, on PostgreSQL's clock. */
  readonly sinceRotationMs: number;
  /** When the row was read, on PostgreSQL's clock. */
  readonly readAt: Date;
}

/** Selects sessions by id, by user, by both, or by the device or the beginning of those of a user. */
export type SessionSelector =
  | { readonly id: string | FindOperator<string> }
  | Pick<Session, 'userId'>
  | { readonly id: string | FindOperator<string>; readonly userId: string }
  | Pick<Session, 'userId' | 'deviceId'>
  | { readonly userId: string; readonly createdAt: FindOperator<Date> };

/** A session that a revocation has ended. */
export type EndedSession = Pick<Session, 'id' | 'userId' | 'tokensExpireAt'> & { readonly revokedAt: Date };

/** What a statement sets by PostgreSQL's clock when it issues a generation. */
type GenerationTimes = Pick<Session, 'rotatedAt' | 'tokensExpireAt'>;

const GENERATION_TIMES = 'rotated_at AS "rotatedAt", tokens_expire_at AS "tokensExpireAt"';

const LIVE_BEYOND = prepared(
  `SELECT id FROM sessions AS session WHERE user_id = $1 AND ${liveSession('$2')}
   ORDER BY created_at DESC, id DESC OFFSET $3::int`,
);

/** Selects all sessions of a user except one. */
export const allBut = (id: string, userId: string): SessionSelector => ({ id: Not(id), userId });

/** Selects sessions of any users. */
export const anyOf = (ids: readonly string[]): SessionSelector => ({ id: In(ids) });

/** Selects some sessions of a user. */
export const those = (ids: readonly string[], userId: string): SessionSelector => ({ id: In(ids), userId });

/** Selects the sessions of a user that began after a time. */
export const begunAfter = (time: Date, userId: string): SessionSelector => ({
  userId,
  createdAt: MoreThan(time),
});

/** The SQL statements on sessions, except those about their levels and about what changed lately. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly lifetimes: SessionLifetimes,
  ) {}

  /**
   * Rotations are timed by PostgreSQL's clock, because the clocks of two instances can differ by more than the window.
   */
  private get databaseNow(): string {
    return databaseTime(this.clock, 'clock_timestamp()');
  }

  /** When an access token that is issued now has expired. */
  private get tokenEnd(): string {
    return `${this.databaseNow} + interval '${this.lifetimes.accessTokenSeconds} seconds'`;
  }

  /** The columns of a session and its owner. */
  private get columns(): string {
    return [
      entityColumns(this.dataSource, Session, 'session'),
      entityColumns(this.dataSource, User, 'owner'),
    ].join(', ');
  }

  /** Stores a new session, and sets in it when it began on PostgreSQL's clock, and when its first access token expires. */
  async insert(tx: Transaction, session: Session): Promise<void> {
    const { raw } = await tx
      .createQueryBuilder()
      .insert()
      .into(Session)
      .values(
        Object.assign({}, session, {
          rotatedAt: () => this.databaseNow,
          tokensExpireAt: () => this.tokenEnd,
        }),
      )
      .returning(GENERATION_TIMES)
      .updateEntity(false)
      .execute();
    const [stored] = raw as [GenerationTimes];
    Object.assign(session, stored);
  }

  /**
   * Moves a session to its next generation. The condition repeats what the caller has checked under the row lock, so
   * that no future caller can rotate a session twice or revive a revoked one. Returns when the generation began and
   * when its access token has expired. Throws if the condition is not met.
   */
  async rotate(
    tx: Transaction,
    { id, generation }: Session,
    next: Omit<Partial<Session>, keyof GenerationTimes>,
  ): Promise<GenerationTimes> {
    const { raw } = await tx
      .createQueryBuilder()
      .update(Session)
      .set({
        ...next,
        rotatedAt: () => this.databaseNow,
        tokensExpireAt: () => `greatest(tokens_expire_at, ${this.tokenEnd})`,
      })
      .where({ id, generation, revokedAt: IsNull() })
      .returning(GENERATION_TIMES)
      .execute();
    const [rotated] = raw as GenerationTimes[];
    if (!rotated) throw new Error('A session changed although its row was locked.');
    return rotated;
  }

  /** Stores that access tokens of a session that the caller has locked expire at `end`, unless others do so later. */
  async noteTokens(tx: Transaction, { id }: Session, end: Date): Promise<void> {
    await tx.query('UPDATE sessions SET tokens_expire_at = greatest(tokens_expire_at, $2) WHERE id = $1', [
      id,
      end,
    ]);
  }

  /** Stores a proof on a live session that the caller has locked. */
  async prove(
    tx: Transaction,
    { id }: Session,
    proven: Pick<Session, 'amr' | 'acr' | 'factors' | 'authTime'>,
  ): Promise<void> {
    await tx.update(Session, { id, revokedAt: IsNull() }, proven);
  }

  /**
   * Reads a session with its owner and keeps others from refreshing or revoking it until the transaction ends. One
   * statement, because a hundred refreshes of one session wait for each other here.
   */
  async lock(tx: Transaction, id: string): Promise<LockedSession | null> {
    const text = prepared(
      `SELECT ${this.columns}, ${this.databaseNow} AS read_at,
         extract(epoch FROM ${this.databaseNow} - session.rotated_at) * 1000 AS since_rotation
       FROM sessions AS session LEFT JOIN users AS owner ON owner.id = session.user_id
       WHERE session.id = $1 FOR UPDATE OF session`,
    );
    const [row] = await tx.query<Record<string, unknown>[]>(text, [id]);
    if (!row) return null;
    const owner = row['owner_id'] === null ? null : entityFrom(row, User, 'owner');
    return {
      session: entityFrom(row, Session, 'session'),
      owner,
      sinceRotationMs: Number(row['since_rotation']),
      readAt: row['read_at'] as Date,
    };
  }

  /** Returns a session that is live at `now`, regardless of cached copies, with its owner; null otherwise. */
  async findLive(id: string, now: Date): Promise<LiveSession | null> {
    const text = prepared(
      `SELECT ${this.columns} FROM sessions AS session JOIN users AS owner ON owner.id = session.user_id
       WHERE session.id = $1 AND ${liveSession('$2')} AND ${ENABLED_OWNER}`,
    );
    const [row] = await onDatabase(() => this.dataSource.query<Record<string, unknown>[]>(text, [id, now]));
    return row
      ? { session: entityFrom(row, Session, 'session'), owner: entityFrom(row, User, 'owner') }
      : null;
  }

  /** Returns whether a user still has an account, which the rows of ended sessions outlive. */
  async hasAccount(userId: string): Promise<boolean> {
    return onDatabase(() => this.dataSource.manager.existsBy(User, { id: userId }));
  }

  /** Returns the sessions of a user that are live at `now`, newest first. */
  async findLiveOfUser(userId: string, now: Date): Promise<Session[]> {
    const rows = await onDatabase(() =>
      this.dataSource.query<Record<string, unknown>[]>(
        `SELECT ${entityColumns(this.dataSource, Session, 'session')} FROM sessions AS session
         WHERE session.user_id = $1 AND ${liveSession('$2')} ORDER BY session.created_at DESC, session.id DESC`,
        [userId, now],
      ),
    );
    return rows.map((row) => entityFrom(row, Session, 'session'));
  }

  /** Returns the ids of the sessions of a user that are live at `now`, except the `newest` most recent ones. */
  async findLiveBeyond(tx: Transaction, userId: string, now: Date, newest: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(LIVE_BEYOND, [userId, now, newest]);
    return rows.map(({ id }) => id);
  }

  /**
   * Stores the latest use of sessions. Locked rows are skipped, so that a revocation neither waits for this statement
   * nor deadlocks with it; the transaction that holds the lock ends the session or stores its use itself.
   */
  async noteSeen(seen: readonly LatestTime[]): Promise<void> {
    await this.dataSource.query(
      `UPDATE sessions SET last_seen_at = greatest(last_seen_at, noted.at) FROM (
         SELECT id, at FROM sessions JOIN unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at) USING (id)
         WHERE revoked_at IS NULL FOR NO KEY UPDATE OF sessions SKIP LOCKED) AS noted
       WHERE sessions.id = noted.id`,
      [seen.map(([id]) => id), seen.map(([, ms]) => new Date(ms))],
    );
  }

  /** Ends the selected sessions; returns those that this call ended. */
  async revoke(tx: Transaction, which: SessionSelector, reason: RevocationReason): Promise<EndedSession[]> {
    const { raw } = await tx
      .createQueryBuilder()
      .update(Session)
      // The database's clock, which is the one that `SessionChangesRepository` reads by.
      .set({ revokedAt: () => this.databaseNow, revokeReason: reason })
      .where({ ...which, revokedAt: IsNull() })
      .returning('id, user_id AS "userId", revoked_at AS "revokedAt", tokens_expire_at AS "tokensExpireAt"')
      .execute();
    return raw as EndedSession[];
  }

  /** Removes from all sessions of an account what tells where they came from. */
  async empty(tx: Transaction, userId: string): Promise<void> {
    await tx.query(
      `UPDATE sessions SET user_agent = NULL, network = NULL, client = '', rotated_by = NULL WHERE user_id = $1`,
      [userId],
    );
  }

  /** Deletes sessions that expired before `before`, a bounded number at a time; returns how many. */
  async purge(before: Date, limit: number): Promise<number> {
    const [, removed]: [unknown, number] = await this.dataSource.query(
      `DELETE FROM sessions WHERE id = ANY (ARRAY(
         SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [before, limit],
    );
    return removed;
  }
}
