import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { FactorRemoval } from '../auth/credentials/factors/factor-removal.js';
import type { Origin } from '../platform/http/origin.js';
import { AccountGuessing } from '../rate-limit/guessing/account-guessing.js';
import { SessionRevocation } from '../sessions/revocation/session-revocation.js';
import { LockedAccounts } from './locked-accounts.js';

/** What operators and administrators do about the access to an account, given by its id or canonical e-mail address. */
@Injectable()
export class AccountAccess {
  constructor(
    private readonly accounts: LockedAccounts,
    private readonly guessing: AccountGuessing,
    private readonly revocation: SessionRevocation,
    private readonly factors: FactorRemoval,
    private readonly audit: AuditService,
  ) {}

  /** Unlocks an account that was locked after too many failed logins. */
  async unlock(who: string, origin: Origin): Promise<void> {
    await this.accounts.change(who, origin, async (tx, user) => {
      await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
      const event = { outcome: 'success' as const, userId: user.id, origin, details: {} };
      await this.audit.record(tx, { type: 'user_unlocked', ...event });
    });
  }

  /** Ends all sessions of the account and returns their number. */
  async endSessions(who: string, origin: Origin): Promise<number> {
    return this.accounts.change(who, origin, (tx, user) =>
      this.revocation.endAllOfUser(tx, user.id, 'ended_by_administrator', origin),
    );
  }

  /** Removes all second factors with the recovery codes and a running recovery, and returns the number of factors. */
  async removeFactors(who: string, origin: Origin): Promise<number> {
    return this.accounts.change(who, origin, (tx, user) => this.factors.removeAll(tx, user, origin));
  }
}
