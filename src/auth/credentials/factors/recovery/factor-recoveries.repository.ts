import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../../../platform/database/database-problem.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { User } from '../../../../users/user.entity.js';
import { PasswordCredential } from '../../passwords/password-credential.entity.js';
import { FactorRecovery } from './factor-recovery.entity.js';

/** A recovery, and whether the account still has the password with which it was started. */
export interface StoredRecovery extends FactorRecovery {
  readonly hasSamePassword: boolean;
}

/** Times of a new recovery. */
export type NewRecovery = Pick<FactorRecovery, 'userId' | 'startedAt' | 'dueAt' | 'nextAt'>;

/** All SQL statements on recoveries of lost factors. Those that write need the lock of the account. */
@Injectable()
export class FactorRecoveriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the recovery of an account, running or canceled. */
  async find(userId: string, tx: Transaction = this.dataSource.manager): Promise<StoredRecovery | null> {
    return onDatabase(async () => {
      const { entities, raw } = await tx
        .createQueryBuilder(FactorRecovery, 'recovery')
        .leftJoin(PasswordCredential, 'credential', 'credential.userId = recovery.userId')
        .addSelect('credential.changed_at IS NOT DISTINCT FROM recovery.password_changed_at', 'same')
        .where('recovery.userId = :userId', { userId })
        .getRawAndEntities<{ same: boolean }>();
      const [recovery] = entities;
      return recovery ? Object.assign(recovery, { hasSamePassword: raw[0]!.same }) : null;
    });
  }

  /** Adds a recovery for the present password of an account, in place of one that was canceled. */
  async insert(tx: Transaction, { userId, startedAt, dueAt, nextAt }: NewRecovery): Promise<void> {
    await tx.query(
      `INSERT INTO factor_recoveries AS recovery (user_id, password_changed_at, started_at, due_at, next_at)
       SELECT user_id, changed_at, $2, $3, $4 FROM password_credentials WHERE user_id = $1
       ON CONFLICT (user_id) DO UPDATE SET
         password_changed_at = excluded.password_changed_at, started_at = excluded.started_at,
         due_at = excluded.due_at, ready_at = NULL, canceled_at = NULL, next_at = excluded.next_at`,
      [userId, startedAt, dueAt, nextAt],
    );
  }

  async update(
    tx: Transaction,
    userId: string,
    changes: Partial<Pick<FactorRecovery, 'readyAt' | 'canceledAt' | 'nextAt'>>,
  ): Promise<void> {
    await tx.update(FactorRecovery, { userId }, changes);
  }

  async delete(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(FactorRecovery, { userId });
  }

  /** Returns accounts for which something is to be done: a step is due, the password has changed, or they are disabled. */
  async findDue(now: Date, limit: number): Promise<string[]> {
    const rows = await onDatabase(() =>
      this.dataSource
        .createQueryBuilder(FactorRecovery, 'recovery')
        .innerJoin(User, 'owner', 'owner.id = recovery.userId')
        .leftJoin(PasswordCredential, 'credential', 'credential.userId = recovery.userId')
        .where('recovery.nextAt <= :now', { now })
        .orWhere(
          `recovery.canceledAt IS NULL AND (owner.disabledAt IS NOT NULL
             OR credential.changedAt IS DISTINCT FROM recovery.passwordChangedAt)`,
        )
        .orderBy('recovery.nextAt')
        .limit(limit)
        .getMany(),
    );
    return rows.map(({ userId }) => userId);
  }
}
