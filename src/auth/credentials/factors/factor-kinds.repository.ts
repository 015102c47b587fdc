import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../../platform/database/database-problem.js';
import { prepared } from '../../../platform/database/prepared-statements.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { FactorType } from './factor-names.js';

/** An authenticator app is a factor once it is confirmed. */
const KINDS = prepared(`SELECT EXISTS (SELECT FROM passkeys WHERE user_id = $1) AS passkey,
  EXISTS (SELECT FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS totp`);

/** Reads the kinds of a user's second factors, which every login needs. */
@Injectable()
export class FactorKindsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the kinds of which a user has a factor. Throws `dependency_unavailable`. */
  async of(userId: string, tx: Transaction = this.dataSource.manager): Promise<FactorType[]> {
    const [row] = await onDatabase(() => tx.query<[Record<FactorType, boolean>]>(KINDS, [userId]));
    return (['passkey', 'totp'] as const).filter((kind) => row[kind]);
  }
}
