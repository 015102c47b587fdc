import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ResetLinks } from '../auth/password-reset/reset-links.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import type { User } from '../users/user.entity.js';
import { AccountNotices } from './account-notices.js';
import { AdminErrors } from './admin.errors.js';
import { LockedAccounts } from './locked-accounts.js';

/** Gives the owner of an account a link to a new password, at the request of an operator or administrator. */
@Injectable()
export class PasswordLinks {
  constructor(
    private readonly accounts: LockedAccounts,
    private readonly links: ResetLinks,
    private readonly notices: AccountNotices,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails the link to the owner. Throws `wrong_status` for an account that is disabled or still invited, and
   * `mail_unconfigured`.
   */
  async mail(who: string, origin: Origin): Promise<void> {
    this.links.assertPossible();
    await this.accounts.change(who, origin, async (tx, user) => {
      await this.record(tx, user, origin);
      await this.links.send(tx, user);
    });
  }

  /**
   * Returns the link, to be handed over by the operator; the owner is notified by mail. Throws `wrong_status` as
   * {@link mail} does.
   */
  async handOut(who: string, origin: Origin): Promise<string> {
    return this.accounts.change(who, origin, async (tx, user) => {
      await this.record(tx, user, origin);
      await this.notices.linkHandedOut(tx, user);
      return this.links.issueByHand(tx, user);
    });
  }

  private async record(tx: Transaction, user: User, origin: Origin): Promise<void> {
    if (user.disabledAt !== null || user.invitedAt !== null) throw new Problem(AdminErrors.wrong_status);
    await this.audit.record(tx, {
      type: 'authn_password_reset_requested',
      outcome: 'success',
      userId: user.id,
      origin,
      details: { account: this.audit.emailDigest(user.email) },
    });
  }
}
