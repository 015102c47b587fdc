import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import type { User } from '../../users/user.entity.js';
import { NewPassword } from '../credentials/passwords/new-password.js';
import { recordingInvalidSecret } from '../invalid-secret.js';
import { AcceptedAccounts } from './accepted-accounts.js';
import { InvitationLinks } from './invitation-links.js';

/** What the owner of an invited account chooses. */
export interface Acceptance {
  readonly token: string;
  readonly password: string;
  /** Absent, the name that the invitation gave is kept. */
  readonly displayName?: string;
}

/** Accepts invitations: the owner of the address chooses a password and so takes over the account. */
@Injectable()
export class InvitationAcceptance {
  constructor(
    private readonly links: InvitationLinks,
    private readonly passwords: NewPassword,
    private readonly accounts: AcceptedAccounts,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Throws `invalid_link`, `validation_failed` for a password that is not acceptable, and `overloaded`; none of them spends
   * the link. The hash is computed for any link, so that one that is not valid takes the same time.
   */
  async accept({ token, password, displayName }: Acceptance, origin: Origin): Promise<User> {
    await this.passwords.assertRoom();
    const owner = await this.links.ownerOf(token);
    await this.passwords.assertAcceptable(password, owner?.email ?? '', '#/password');
    const hash = await this.passwords.hash(password);
    const failure = { type: 'user_invitation_fail', origin, details: {} } as const;
    return recordingInvalidSecret(this.audit, failure, () =>
      this.transactions.run(async (tx) => {
        const user = await this.invited(tx, token);
        return this.accounts.accept(tx, user, { hash, displayName: displayName ?? user.displayName }, origin);
      }),
    );
  }

  private async invited(tx: Transaction, token: string): Promise<User> {
    const spent = await this.links.spend(tx, token);
    if (!spent || spent.user.invitedAt === null || spent.user.disabledAt !== null)
      throw new Problem(SecretsErrors.invalid_link);
    return spent.user;
  }
}
