import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { SignedEvent } from '../../audit/audit.repository.js';
import { insertEventIf } from '../../audit/entry/event-row.js';
import { Clock } from '../../platform/clock/clock.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { entityColumns, entityFrom } from '../../platform/database/entity-columns.js';
import { prepared } from '../../platform/database/prepared-statements.js';
import { User } from '../../users/user.entity.js';
import { ENABLED_OWNER, liveSession } from '../live-session.js';
import { SessionLifetimes } from '../session-lifetimes.js';
import { Session } from '../session.entity.js';
import type { RefreshClaim } from './refresh-tokens.js';
import { WINDOW_MS } from './rotation-window.js';

/** A session that was rotated or whose token was replayed, with its owner. */
export interface RenewedSession {
  readonly session: Session;
  readonly owner: User;
  /** When this was so, on PostgreSQL's clock. */
  readonly readAt: Date;
}

/** What a rotation stores. */
export interface NextGeneration {
  /** When the session is used, on the service's clock. */
  readonly now: Date;
  /** SHA-256 of the user agent. */
  readonly rotatedBy: Buffer;
  /** The idle limit, unless the absolute limit is earlier. */
  readonly idleEnd: Date;
  /** SHA-256 of the user agent and the network. */
  readonly client: Buffer;
}

/**
 * Rotates sessions whose rotation is due: the session is live, has the claimed generation, and was not rotated within the last
 * ten seconds. The conditions on the generation and its age repeat those of the verdict `rotate`; change them together.
 */
@Injectable()
export class RotationsRepository {
  private statements: {
    readonly databaseNow: string;
    readonly owner: string;
    readonly rotate: string;
  } | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly lifetimes: SessionLifetimes,
  ) {}

  /** Returns the owner of a session whose rotation appears to be due; null otherwise. Locks nothing. */
  async ownerIfDue({ sessionId, generation }: RefreshClaim, now: Date): Promise<string | null> {
    const rows = await onDatabase(() =>
      this.dataSource.query<{ user_id: string }[]>(this.statementsNow().owner, [sessionId, generation, now]),
    );
    return rows[0]?.user_id ?? null;
  }

  /**
   * Rotates a session and inserts the event, if the rotation is due. Returns null otherwise, or if somebody else has locked the
   * row, and nothing is changed. One statement: it locks the row first, so its conditions and the time of the rotation are read
   * under the lock. It does not wait for the lock, because behind a pooler only transactions have a `statement_timeout`: it
   * could rotate long after the request has been answered, and the client's next attempt would look like reuse.
   */
  async rotateIfDue(
    { sessionId, generation }: RefreshClaim,
    userId: string,
    { now, rotatedBy, idleEnd, client }: NextGeneration,
    { row }: SignedEvent,
  ): Promise<RenewedSession | null> {
    const [rotated] = await this.dataSource.query<Record<string, unknown>[]>(this.statementsNow().rotate, [
      sessionId,
      generation,
      now,
      userId,
      rotatedBy,
      idleEnd,
      client,
      ...row,
    ]);
    if (!rotated) return null;
    const session = entityFrom(rotated, Session, 'session');
    return { session, owner: entityFrom(rotated, User, 'owner'), readAt: session.rotatedAt };
  }

  /** The texts contain the database's time, which a test can move. */
  private statementsNow() {
    const databaseNow = databaseTime(this.clock, 'clock_timestamp()');
    if (this.statements?.databaseNow !== databaseNow) this.statements = this.statementsAt(databaseNow);
    return this.statements;
  }

  private statementsAt(databaseNow: string) {
    const due = `session.generation = $2::bigint AND ${liveSession('$3')} AND (session.generation = 0
        OR abs(extract(epoch FROM ${databaseNow} - session.rotated_at)) * 1000 > ${WINDOW_MS})`;
    const columns = [
      entityColumns(this.dataSource, Session, 'session'),
      entityColumns(this.dataSource, User, 'owner'),
    ];
    return {
      databaseNow,
      owner: prepared(`SELECT user_id FROM sessions AS session WHERE id = $1 AND ${due}`),
      // A division by zero undoes the rotation if a trigger has swallowed its event.
      rotate: prepared(
        `WITH locked AS (SELECT id FROM sessions WHERE id = $1 AND user_id = $4 FOR UPDATE SKIP LOCKED),
         rotated AS (
           UPDATE sessions AS session SET generation = generation + 1, rotated_at = ${databaseNow}, rotated_by = $5,
             idle_expires_at = least($6, session.expires_at), client = $7,
             tokens_expire_at = greatest(session.tokens_expire_at,
               ${databaseNow} + interval '${this.lifetimes.accessTokenSeconds} seconds')
           FROM locked, users AS owner
           WHERE session.id = locked.id AND ${due} AND owner.id = $4 AND ${ENABLED_OWNER}
           RETURNING ${columns.join(', ')}),
         recorded AS (${insertEventIf('rotated', 8)})
         SELECT rotated.*, 1 / (SELECT count(*) FROM recorded) AS events FROM rotated`,
      ),
    };
  }
}
