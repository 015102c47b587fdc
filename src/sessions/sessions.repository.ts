import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { Clock } from '../platform/clock/clock.js';
import { onDatabase } from '../platform/database/database-problem.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { User } from '../users/user.entity.js';
import { type RevocationReason, Session } from './session.entity.js';

/** A session under the lock of its row. */
export interface LockedSession {
  readonly session: Session;
  /** Milliseconds since the current generation began, on PostgreSQL's clock. */
  readonly sinceRotationMs: number;
}

/** One session by its id, or all of a user. */
export type SessionSelector = Pick<Session, 'id'> | Pick<Session, 'userId'>;

/** A session that a revocation has ended. */
export type EndedSession = Pick<Session, 'id' | 'userId'>;

/** True of a session that is not over, and whose owner may sign in. */
const LIVES =
  'session.revokedAt IS NULL AND session.idleExpiresAt > :now AND session.expiresAt > :now AND owner.disabledAt IS NULL';

/** Every statement over sessions. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** PostgreSQL's clock, on which rotations are timed: those of two instances may differ by more than the window. */
  private get databaseNow(): string {
    return `(clock_timestamp() + interval '${this.clock.aheadMs()} ms')`;
  }

  async insert(tx: Transaction, session: Session): Promise<void> {
    await tx.insert(Session, session);
  }

  /**
   * Moves a session to its next generation. The condition repeats what the caller has seen under the row's lock, so
   * that no future caller can rotate twice or revive what is revoked; throws when it does not hold.
   */
  async rotate(
    tx: Transaction,
    { id, generation }: Session,
    next: Omit<Partial<Session>, 'rotatedAt'>,
  ): Promise<void> {
    const { affected } = await tx.update(
      Session,
      { id, generation, revokedAt: IsNull() },
      { ...next, rotatedAt: () => this.databaseNow },
    );
    if (affected !== 1) throw new Error('A session changed under its lock.');
  }

  /** Notes a proof on a session that the caller has locked and found alive. */
  async prove(
    tx: Transaction,
    { id }: Session,
    proven: Pick<Session, 'amr' | 'acr' | 'authTime'>,
  ): Promise<void> {
    await tx.update(Session, { id, revokedAt: IsNull() }, proven);
  }

  /** Reads a session and keeps others from refreshing or revoking it until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<LockedSession | null> {
    const { entities, raw } = await tx
      .createQueryBuilder(Session, 'session')
      .addSelect(`extract(epoch FROM ${this.databaseNow} - session.rotatedAt) * 1000`, 'since_rotation')
      .where({ id })
      .setLock('pessimistic_write')
      .getRawAndEntities<{ since_rotation: string }>();
    const [session] = entities;
    return session ? { session, sinceRotationMs: Number(raw[0]?.since_rotation) } : null;
  }

  /** The owner of a session that is not over, at `now`; null otherwise. */
  async findOwnerOfLive(
    id: string,
    now: Date,
    tx: Transaction = this.dataSource.manager,
  ): Promise<User | null> {
    return onDatabase(() =>
      tx
        .createQueryBuilder(User, 'owner')
        .innerJoin(Session, 'session', 'session.userId = owner.id')
        .where('session.id = :id', { id })
        .andWhere(LIVES, { now })
        .getOne(),
    );
  }

  /** A session that is not over, at `now`, whatever copies of it say; null otherwise. */
  async findLive(id: string, now: Date): Promise<Session | null> {
    return onDatabase(() =>
      this.dataSource
        .createQueryBuilder(Session, 'session')
        .innerJoin(User, 'owner', 'owner.id = session.userId')
        .where('session.id = :id', { id })
        .andWhere(LIVES, { now })
        .getOne(),
    );
  }

  /** Ends one session, or every session of a user; returns those that were not over yet. */
  async revoke(tx: Transaction, which: SessionSelector, reason: RevocationReason): Promise<EndedSession[]> {
    const { raw } = await tx
      .createQueryBuilder()
      .update(Session)
      // The database's clock, which is the one that the revocation feed reads by.
      .set({ revokedAt: () => 'clock_timestamp()', revokeReason: reason })
      .where({ ...which, revokedAt: IsNull() })
      .returning('id, user_id AS "userId"')
      .execute();
    return raw as EndedSession[];
  }

  /** Sessions ended within the last `seconds`, by the database's clock; an instance may have missed the news. */
  async revokedWithin(seconds: number): Promise<string[]> {
    const rows: { id: string }[] = await this.dataSource.query(
      'SELECT id FROM sessions WHERE revoked_at > now() - make_interval(secs => $1)',
      [seconds],
    );
    return rows.map((row) => row.id);
  }

  /** Removes sessions that ended by themselves before `before`, a bounded number at a time; returns how many. */
  async purge(before: Date, limit: number): Promise<number> {
    const [, removed]: [unknown, number] = await this.dataSource.query(
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [before, limit],
    );
    return removed;
  }
}
