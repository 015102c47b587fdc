import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { SingleUseSecrets } from '../../../../platform/secrets/single-use-secrets.js';
import { RecoveryCodesRepository } from '../recovery-codes/recovery-codes.repository.js';
import { FactorRecoveriesRepository } from './factor-recoveries.repository.js';

/** The purposes of links about recoveries of lost factors. */
export const RECOVERY_PURPOSES = ['recovery_cancel', 'recovery_finish'] as const;

/** What stands in for factors that were lost: recovery codes, and a running recovery with its links. */
@Injectable()
export class RecoveryMeans {
  constructor(
    private readonly codes: RecoveryCodesRepository,
    private readonly recoveries: FactorRecoveriesRepository,
    private readonly secrets: SingleUseSecrets,
  ) {}

  /** Removes all of it from a locked account that has no factor any more. */
  async remove(tx: Transaction, userId: string): Promise<void> {
    await this.codes.deleteAll(tx, userId);
    await this.recoveries.delete(tx, userId);
    await this.secrets.revokeAll(tx, userId, RECOVERY_PURPOSES);
  }

  /** Removes the recovery codes that were created for a locked account at or after `since`. Returns how many they were. */
  async removeCodesSince(tx: Transaction, userId: string, since: Date): Promise<number> {
    return this.codes.deleteSince(tx, userId, since);
  }
}
