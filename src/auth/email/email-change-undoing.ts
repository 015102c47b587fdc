import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { profileOf } from '../../users/profile.js';
import { ProfileChanges } from '../../users/profile-changes.js';
import type { User } from '../../users/user.entity.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordVoiding } from '../password-reset/password-voiding.js';
import { AccountTakeback } from './account-takeback.js';
import { EmailChangeUndos } from './email-change-undos.js';

/** Undoes changes of address. */
@Injectable()
export class EmailChangeUndoing {
  constructor(
    private readonly undos: EmailChangeUndos,
    private readonly takeback: AccountTakeback,
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
    private readonly changes: ProfileChanges,
    private readonly passwords: PasswordVoiding,
  ) {}

  /** Throws `invalid_link`, also while the account is disabled, or `mail_unconfigured` if the reset link could not be sent. */
  async undo(token: string, origin: Origin): Promise<void> {
    this.passwords.assertPossible();
    try {
      const restored = await this.transactions.run((tx) => this.restore(tx, token, origin));
      await this.changes.announce(profileOf(restored));
    } catch (error) {
      if (!isProblem(error, ...INVALID)) throw error;
      await this.takeback.recordFailure(origin);
      throw new Problem(SecretsErrors.invalid_link);
    }
  }

  private async restore(tx: Transaction, token: string, origin: Origin): Promise<User> {
    const undo = await this.undos.spend(tx, token);
    if (!undo || undo.user.disabledAt !== null) throw new Problem(SecretsErrors.invalid_link);
    const { user, former } = undo;
    const { email, emailVerified } = former;
    const restored = await this.users.changeEmail(tx, user, { email, emailVerified });
    await this.takeback.shutOut(tx, restored, undo, origin);
    await this.passwords.voidUntilReset(tx, restored);
    if (user.email !== email) await this.undos.tellLeft(tx, restored, user.email);
    return restored;
  }
}

/** An instance of the previous version does not know about reservations and may have given the address away. */
const INVALID = [SecretsErrors.invalid_link, UsersErrors.email_taken];
