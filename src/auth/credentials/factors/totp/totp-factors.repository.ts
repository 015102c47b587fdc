import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import { onDatabase } from '../../../../platform/database/database-problem.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { TotpFactor } from './totp-factor.entity.js';

/** The confirmed factors of a user. */
const confirmed = (userId: string) => ({ userId, confirmedAt: Not(IsNull()) });

/** All SQL statements on authenticator apps. */
@Injectable()
export class TotpFactorsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tx: Transaction, factor: TotpFactor): Promise<void> {
    await tx.insert(TotpFactor, factor);
  }

  /** Stores the factors of new accounts. */
  async insertAll(tx: Transaction, factors: readonly TotpFactor[]): Promise<void> {
    if (factors.length > 0) await tx.insert(TotpFactor, [...factors]);
  }

  /** Returns the confirmed factors of a user, the oldest first. */
  async findConfirmed(userId: string, tx: Transaction = this.dataSource.manager): Promise<TotpFactor[]> {
    return onDatabase(() =>
      tx.find(TotpFactor, { where: confirmed(userId), order: { confirmedAt: 'ASC', id: 'ASC' } }),
    );
  }

  /** Returns a pending enrolment that was begun in this session after `since`; null if there is none. */
  async findPending(
    tx: Transaction,
    which: Pick<TotpFactor, 'id' | 'userId' | 'sessionId'>,
    since: Date,
  ): Promise<TotpFactor | null> {
    const { id, userId, sessionId } = which;
    const where = { id, userId, sessionId, confirmedAt: IsNull(), createdAt: MoreThan(since) };
    return tx.findOneBy(TotpFactor, where);
  }

  /** Deletes the pending enrolments of a user that began at or before `before`, and of the rest all but the newest `keep`. */
  async purgePending(tx: Transaction, userId: string, before: Date, keep: number): Promise<void> {
    await tx.delete(TotpFactor, { userId, confirmedAt: IsNull(), createdAt: LessThanOrEqual(before) });
    await tx.query(
      `DELETE FROM totp_factors WHERE id IN (
         SELECT id FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NULL
         ORDER BY created_at DESC, id DESC OFFSET $2)`,
      [userId, keep],
    );
  }

  /** Deletes the pending enrolments of a user, except those that were begun in the session `keptBy`. */
  async deletePending(tx: Transaction, userId: string, keptBy: string | null): Promise<void> {
    const begunInOthers = keptBy === null ? {} : { sessionId: Not(keptBy) };
    await tx.delete(TotpFactor, { userId, confirmedAt: IsNull(), ...begunInOthers });
  }

  /** Confirms a pending factor with the step of its first code, which is used up by that. */
  async confirm(tx: Transaction, id: string, step: number, at: Date): Promise<void> {
    await tx.update(
      TotpFactor,
      { id, confirmedAt: IsNull() },
      { confirmedAt: at, lastStep: step, lastUsedAt: at },
    );
  }

  /**
   * Uses up a time step and all before it. Returns false if a code of this step or a later one was accepted already, or if
   * the factor is gone: of concurrent uses of a code, one succeeds.
   */
  async useStep(tx: Transaction, id: string, step: number, at: Date): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(TotpFactor)
      .set({ lastStep: step, lastUsedAt: at })
      .where('id = :id AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < :step)', {
        id,
        step,
      })
      .execute();
    return affected === 1;
  }

  /** Renames a confirmed factor of a user; returns it, or null if the user has no such factor. */
  async rename(userId: string, id: string, name: string): Promise<TotpFactor | null> {
    return onDatabase(async () => {
      await this.dataSource.manager.update(TotpFactor, { id, ...confirmed(userId) }, { name });
      return this.dataSource.manager.findOneBy(TotpFactor, { id, ...confirmed(userId) });
    });
  }

  /** Deletes a confirmed factor of a user; returns whether there was one. */
  async delete(tx: Transaction, userId: string, id: string): Promise<boolean> {
    const { affected } = await tx.delete(TotpFactor, { id, ...confirmed(userId) });
    return affected === 1;
  }
}
