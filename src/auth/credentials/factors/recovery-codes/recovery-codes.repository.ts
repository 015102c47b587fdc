import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull, MoreThanOrEqual } from 'typeorm';
import { onDatabase } from '../../../../platform/database/database-problem.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { RecoveryCode } from './recovery-code.entity.js';

/** The digests of new codes, and the master secret under which they were made. */
export interface NewCodes {
  readonly digests: readonly Buffer[];
  readonly keyId: string;
  readonly createdAt: Date;
}

/** Whether a digest was made with a master secret. */
const MADE_WITH = `coalesce(key_id, (SELECT secret.key_id FROM secrets_in_use AS secret
  WHERE variable = 'JWT_SECRET_KEY' ORDER BY since LIMIT 1)) = $1`;

/** All SQL statements on recovery codes. */
@Injectable()
export class RecoveryCodesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Replaces the set of a user, whose row the caller has locked. */
  async replace(tx: Transaction, userId: string, { digests, keyId, createdAt }: NewCodes): Promise<void> {
    await this.deleteAll(tx, userId);
    await tx.insert(
      RecoveryCode,
      digests.map((digest) => ({ userId, digest, keyId, createdAt, usedAt: null })),
    );
  }

  /** Stores the codes of new accounts. */
  async insertAll(tx: Transaction, codes: readonly RecoveryCode[]): Promise<void> {
    if (codes.length > 0) await tx.insert(RecoveryCode, [...codes]);
  }

  /** Uses up a code. Returns false if it is unknown or used: of concurrent uses, one succeeds. */
  async use(tx: Transaction, userId: string, digests: Buffer[], at: Date): Promise<boolean> {
    const unused = { userId, digest: In(digests), usedAt: IsNull() };
    const { affected } = await tx.update(RecoveryCode, unused, { usedAt: at });
    return affected === 1;
  }

  /** Returns how many codes of a user are unused. */
  async countLeft(userId: string, tx: Transaction = this.dataSource.manager): Promise<number> {
    return onDatabase(() => tx.countBy(RecoveryCode, { userId, usedAt: IsNull() }));
  }

  async deleteAll(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(RecoveryCode, { userId });
  }

  /** Deletes the codes of a user that were created at or after `since`. Returns how many they were. */
  async deleteSince(tx: Transaction, userId: string, since: Date): Promise<number> {
    const { affected } = await tx.delete(RecoveryCode, { userId, createdAt: MoreThanOrEqual(since) });
    return affected ?? 0;
  }

  /**
   * Returns how many unused codes have a digest of a master secret. Digests of the first versions name none: it is the
   * oldest.
   */
  async countMadeWith(keyId: string): Promise<number> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ count: number }]>(
        `SELECT count(*)::int AS count FROM recovery_codes WHERE used_at IS NULL AND ${MADE_WITH}`,
        [keyId],
      ),
    );
    return row.count;
  }

  /** Deletes the codes that {@link countMadeWith} counts. */
  async deleteMadeWith(tx: Transaction, keyId: string): Promise<void> {
    await tx.query(`DELETE FROM recovery_codes WHERE ${MADE_WITH}`, [keyId]);
  }
}
