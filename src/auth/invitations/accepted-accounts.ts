import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordCredentials } from '../credentials/passwords/password-credentials.js';

/** Hands invited accounts over to their owners. */
@Injectable()
export class AcceptedAccounts {
  constructor(
    private readonly users: UsersService,
    private readonly credentials: PasswordCredentials,
    private readonly secrets: SingleUseSecrets,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sets the password and the name of an invited account, which the caller has locked. The link was sent to its address,
   * which is verified thereby. The account keeps the roles that it has now.
   */
  async accept(
    tx: Transaction,
    user: User,
    { hash, displayName }: { readonly hash: string; readonly displayName: string | null },
    origin: Origin,
  ): Promise<User> {
    await this.credentials.set(tx, user.id, hash);
    await this.secrets.revokeAll(tx, user.id);
    // Guesses before the owner had a password do not count against them.
    await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
    const event = { outcome: 'success' as const, userId: user.id, origin };
    await this.audit.record(tx, { type: 'user_invitation_accepted', ...event, details: {} });
    await this.audit.record(tx, { type: 'user_email_verified', ...event, details: { by: 'invitation' } });
    return this.users.acceptInvitation(tx, user, displayName);
  }
}
