import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { PasswordChange } from '../credentials/passwords/password-change.js';
import { AccountClaim } from './account-claim.js';
import { ResetLinks } from './reset-links.js';

/** What a reset does beside the new password, in one transaction with it. */
@Injectable()
export class ResetCompletion {
  constructor(
    private readonly links: ResetLinks,
    private readonly passwords: PasswordChange,
    private readonly claim: AccountClaim,
  ) {}

  /**
   * Spends the link and gives its account the password that is hashed already. The account as it is afterwards; null
   * where the link is not valid or the account is disabled, and the caller must roll back.
   */
  async complete(tx: Transaction, token: string, hash: string, origin: Origin): Promise<User | null> {
    const spent = await this.links.spend(tx, token);
    if (!spent || spent.user.disabledAt !== null) return null;
    const { user, wasMailed } = spent;
    await this.passwords.replace(tx, user, { hash, by: 'reset' }, origin);
    if (user.emailVerified) return user;
    await this.claim.clear(tx, user, origin);
    return wasMailed ? this.claim.verify(tx, user, origin) : user;
  }
}
