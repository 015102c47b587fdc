import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { onDatabase } from '../platform/database/database-problem.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { User } from '../users/user.entity.js';
import { type RevocationReason, Session } from './session.entity.js';

/** Every statement over sessions. */
@Injectable()
export class SessionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tx: Transaction, session: Session): Promise<void> {
    await tx.insert(Session, session);
  }

  /**
   * Moves a session to its next generation. The condition repeats what the caller has seen under the row's lock, so
   * that no future caller can rotate twice or revive what is revoked; throws when it does not hold.
   */
  async rotate(tx: Transaction, { id, generation }: Session, next: Partial<Session>): Promise<void> {
    const { affected } = await tx.update(Session, { id, generation, revokedAt: IsNull() }, next);
    if (affected !== 1) throw new Error('A session changed under its lock.');
  }

  /** Reads a session and keeps others from refreshing or revoking it until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<Session | null> {
    return tx.findOne(Session, { where: { id }, lock: { mode: 'pessimistic_write' } });
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
        .where('session.id = :id AND session.revokedAt IS NULL', { id })
        .andWhere('session.idleExpiresAt > :now AND session.expiresAt > :now AND owner.disabledAt IS NULL', {
          now,
        })
        .getOne(),
    );
  }

  /** Ends a session that is not over yet; returns its owner, or null when there was nothing to end. */
  async revoke(tx: Transaction, id: string, reason: RevocationReason): Promise<string | null> {
    const [ended] = await this.revokeWhere(tx, 'id = :id', { id }, reason);
    return ended?.userId ?? null;
  }

  /** Ends every session of an account; returns their ids. */
  async revokeAllOf(tx: Transaction, userId: string, reason: RevocationReason): Promise<string[]> {
    const ended = await this.revokeWhere(tx, 'user_id = :userId', { userId }, reason);
    return ended.map((session) => session.id);
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

  private async revokeWhere(
    tx: Transaction,
    condition: string,
    parameters: Record<string, string>,
    reason: RevocationReason,
  ): Promise<{ id: string; userId: string }[]> {
    const { raw } = await tx
      .createQueryBuilder()
      .update(Session)
      // The database's clock, which is the one that the revocation feed reads by.
      .set({ revokedAt: () => 'clock_timestamp()', revokeReason: reason })
      .where(`${condition} AND revoked_at IS NULL`, parameters)
      .returning('id, user_id AS "userId"')
      .execute();
    return raw as { id: string; userId: string }[];
  }
}
