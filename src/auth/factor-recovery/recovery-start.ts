import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { RegisteredFactors } from '../credentials/factors/registered-factors.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { RecoveryRuns } from './recovery-runs.js';

/**
 * What has come of a right password: a recovery runs, none may be started, or the password or the account has changed since it
 * was compared.
 */
export type StartOutcome = 'running' | 'refused' | 'outdated';

/** Starts recoveries of lost factors for a password that was found right. */
@Injectable()
export class RecoveryStart {
  constructor(
    private readonly users: UsersService,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly factors: RegisteredFactors,
    private readonly runs: RecoveryRuns,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Starts a recovery if the account has a factor and a verified address, and none is running or was cancelled within a day;
   * otherwise records why not. Returns `outdated`, having done nothing, if the hash is not that of the account any more or the
   * account is disabled.
   */
  async start(userId: string, hash: string, origin: Origin): Promise<StartOutcome> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user || user.disabledAt !== null || !(await this.credentials.hasHash(tx, userId, hash)))
        return 'outdated';
      const reason = await this.refusalOf(tx, user, origin);
      if (reason !== null) await this.recordRefusal(tx, user, reason, origin);
      return reason === null || reason === 'running' ? 'running' : 'refused';
    });
  }

  private async refusalOf(tx: Transaction, user: User, origin: Origin): Promise<string | null> {
    if (!user.emailVerified) return 'email_unverified';
    if ((await this.factors.kindsOf(user.id, tx)).length === 0) return 'no_factor';
    return this.runs.start(tx, user, origin);
  }

  private async recordRefusal(tx: Transaction, user: User, reason: string, origin: Origin): Promise<void> {
    await this.audit.record(tx, {
      type: 'user_recovery_start_fail',
      outcome: 'failure',
      reason,
      userId: user.id,
      origin,
      details: {},
    });
  }
}
