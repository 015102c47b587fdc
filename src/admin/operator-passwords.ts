import { Injectable } from '@nestjs/common';
import { PasswordChange } from '../auth/credentials/passwords/password-change.js';
import { TransactionRunner } from '../platform/database/transaction-runner.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { UsersRepository } from '../users/users.repository.js';

/** Sets passwords on behalf of an operator. */
@Injectable()
export class OperatorPasswords {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: PasswordChange,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Replaces the password of an account, given by address or id, with one that is already hashed. Returns whether the account
   * is enabled: a disabled account stays disabled. Throws `not_found`.
   */
  async set(who: string, hash: string, origin: Origin): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lockByName(tx, who);
      if (!user) throw new Problem(PlatformErrors.not_found);
      await this.passwords.replace(tx, user, { hash, by: 'operator' }, origin);
      return user.disabledAt === null;
    });
  }
}
