import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../../../platform/database/database-problem.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { User } from '../../../../users/user.entity.js';
import { PasswordCredential } from '../../passwords/password-credential.entity.js';
import { FactorRecovery } from './factor-recovery.entity.js';

/** What ends a recovery when it changes: the password, or else the address or the factors. */
type ChangedCredentials = 'password' | 'credentials';

/** A recovery, and what the account has changed since it was started; null if nothing that ends it. */
export interface StoredRecovery extends FactorRecovery {
  readonly changed: ChangedCredentials | null;
}

/** SQL expressions on the tables of {@link FactorRecoveriesRepository}. */
const HAS_OTHER_PASSWORD = 'credential.changed_at IS DISTINCT FROM recovery.password_changed_at';
const HAS_OTHER_CREDENTIALS = 'owner.credential_version <> recovery.credential_version';

/** Times of a new recovery. */
export type NewRecovery = Pick<FactorRecovery, 'userId' | 'startedAt' | 'dueAt' | 'nextAt'>;

/** All SQL statements on recoveries of lost factors. Those that write need the lock of the account. */
@Injectable()
export class FactorRecoveriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the recovery of an account, running or cancelled. */
  async find(userId: string, tx: Transaction = this.dataSource.manager): Promise<StoredRecovery | null> {
    return onDatabase(async () => {
      const { entities, raw } = await tx
        .createQueryBuilder(FactorRecovery, 'recovery')
        .innerJoin(User, 'owner', 'owner.id = recovery.userId')
        .leftJoin(PasswordCredential, 'credential', 'credential.userId = recovery.userId')
        .addSelect(
          `CASE WHEN ${HAS_OTHER_PASSWORD} THEN 'password' WHEN ${HAS_OTHER_CREDENTIALS} THEN 'credentials' END`,
          'changed',
        )
        .where('recovery.userId = :userId', { userId })
        .getRawAndEntities<{ changed: ChangedCredentials | null }>();
      const [recovery] = entities;
      return recovery ? Object.assign(recovery, { changed: raw[0]!.changed }) : null;
    });
  }

  /** Adds a recovery for the present credentials of an account, in place of one that was cancelled. */
  async insert(tx: Transaction, { userId, startedAt, dueAt, nextAt }: NewRecovery): Promise<void> {
    await tx.query(
      `INSERT INTO factor_recoveries AS recovery (user_id, password_changed_at, credential_version, started_at, due_at, next_at)
       SELECT users.id, credential.changed_at, users.credential_version, $2, $3, $4
       FROM users JOIN password_credentials AS credential ON credential.user_id = users.id WHERE users.id = $1
       ON CONFLICT (user_id) DO UPDATE SET
         password_changed_at = excluded.password_changed_at,
         credential_version = excluded.credential_version, started_at = excluded.started_at,
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

  /**
   * Returns accounts for which something is to be done: a step is due, the credentials have changed, they are disabled, or all
   * recoveries are to end.
   */
  async findDue(now: Date, { limit, all }: { limit: number; all: boolean }): Promise<string[]> {
    const rows = await onDatabase(() =>
      this.dataSource
        .createQueryBuilder(FactorRecovery, 'recovery')
        .innerJoin(User, 'owner', 'owner.id = recovery.userId')
        .leftJoin(PasswordCredential, 'credential', 'credential.userId = recovery.userId')
        .where('recovery.nextAt <= :now', { now })
        .orWhere(
          `recovery.canceledAt IS NULL AND (:all OR owner.disabledAt IS NOT NULL
             OR ${HAS_OTHER_PASSWORD} OR ${HAS_OTHER_CREDENTIALS})`,
          { all },
        )
        .orderBy('recovery.nextAt')
        .limit(limit)
        .getMany(),
    );
    return rows.map(({ userId }) => userId);
  }
}
