import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { CallerAccount } from '../../sessions/own-sessions/caller-account.js';
import { recordingInvalidSecret } from '../invalid-secret.js';
import { RecoveryLinks } from './recovery-links.js';
import { RecoveryRuns } from './recovery-runs.js';

/** Lets owners cancel a recovery that they did not start, or whose factor is found. */
@Injectable()
export class RecoveryCancellation {
  constructor(
    private readonly account: CallerAccount,
    private readonly links: RecoveryLinks,
    private readonly runs: RecoveryRuns,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Cancels from a session of any level; has no effect if no recovery is running. Throws `session_ended`. */
  async cancelOwn(caller: SessionPrincipal, origin: Origin): Promise<void> {
    await this.account.locked(caller, (tx, user) =>
      this.runs.cancel(tx, user, { by: 'session', sessionId: caller.sessionId }, origin),
    );
  }

  /** Cancels by a mailed link. Throws `invalid_link`, also if the recovery is over. */
  async cancelByLink(token: string, origin: Origin): Promise<void> {
    const failure = { type: 'user_recovery_cancel_fail', origin, details: {} } as const;
    await recordingInvalidSecret(this.audit, failure, () =>
      this.transactions.run(async (tx) => {
        const spent = await this.links.spendCancel(tx, token);
        const by = { by: 'link', sessionId: null } as const;
        if (!spent || !(await this.runs.cancel(tx, spent.user, by, origin)))
          throw new Problem(SecretsErrors.invalid_link);
      }),
    );
  }
}
