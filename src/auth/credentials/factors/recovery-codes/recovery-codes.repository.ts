import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { onDatabase } from '../../../../platform/database/database-problem.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { RecoveryCode } from './recovery-code.entity.js';

/** All SQL statements on recovery codes. */
@Injectable()
export class RecoveryCodesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Replaces the set of a user, whose row the caller has locked. */
  async replace(tx: Transaction, userId: string, digests: readonly Buffer[], createdAt: Date): Promise<void> {
    await this.deleteAll(tx, userId);
    await tx.insert(
      RecoveryCode,
      digests.map((digest) => ({ userId, digest, createdAt, usedAt: null })),
    );
  }

  /** Uses up a code. Returns false if it is unknown or used: of concurrent uses, one succeeds. */
  async use(tx: Transaction, userId: string, digest: Buffer, at: Date): Promise<boolean> {
    const { affected } = await tx.update(RecoveryCode, { userId, digest, usedAt: IsNull() }, { usedAt: at });
    return affected === 1;
  }

  /** Returns how many codes of a user are unused. */
  async countLeft(userId: string, tx: Transaction = this.dataSource.manager): Promise<number> {
    return onDatabase(() => tx.countBy(RecoveryCode, { userId, usedAt: IsNull() }));
  }

  async deleteAll(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(RecoveryCode, { userId });
  }
}
