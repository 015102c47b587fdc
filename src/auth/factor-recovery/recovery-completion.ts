import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { SessionRevocation } from '../../sessions/revocation/session-revocation.js';
import { FactorRemoval } from '../credentials/factors/factor-removal.js';
import { recordingInvalidSecret } from '../invalid-secret.js';
import { RecoveryLinks } from './recovery-links.js';
import { RecoveryNotices } from './recovery-notices.js';

/** Removes lost factors after the waiting time, by the link of the last mail. */
@Injectable()
export class RecoveryCompletion {
  constructor(
    private readonly links: RecoveryLinks,
    private readonly factors: FactorRemoval,
    private readonly revocation: SessionRevocation,
    private readonly notices: RecoveryNotices,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Removes every factor and ends every session. Throws `invalid_link`, also while the account is disabled or
   * recoveries are switched off. The link is bound to the password, the address and the factors, and is deleted when
   * the recovery is cancelled, so nothing else needs to be checked.
   */
  async finish(token: string, origin: Origin): Promise<void> {
    const failure = { type: 'user_recovery_finish_fail', origin, details: {} } as const;
    await recordingInvalidSecret(this.audit, failure, () =>
      this.transactions.run((tx) => this.removeFactors(tx, token, origin)),
    );
  }

  private async removeFactors(tx: Transaction, token: string, origin: Origin): Promise<void> {
    const spent = await this.links.spendFinish(tx, token);
    if (!spent || spent.user.disabledAt !== null) throw new Problem(SecretsErrors.invalid_link);
    const { user } = spent;
    // First, because sessions that go on would be told to verifiers as reduced.
    await this.revocation.endAllOfUser(tx, user.id, 'recovered', origin);
    const factors = await this.factors.removeAll(tx, user, origin);
    const event = { outcome: 'success' as const, userId: user.id, origin, details: { factors } };
    await this.audit.record(tx, { type: 'user_recovery_finished', ...event });
    await this.notices.done(tx, user, origin);
  }
}
