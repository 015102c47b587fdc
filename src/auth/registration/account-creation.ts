import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import type { User } from '../../users/user.entity.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { PasswordCredentials } from '../credentials/passwords/password-credentials.js';

/** Creates accounts with a password. */
@Injectable()
export class AccountCreation {
  constructor(
    private readonly users: UsersService,
    private readonly credentials: PasswordCredentials,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
  ) {}

  /** Creates an account with a password hash, in the caller's transaction. Throws `email_taken`. */
  async create(tx: Transaction, account: NewUser, passwordHash: string, origin: Origin): Promise<User> {
    // Guesses for an address before its registration do not count against the new owner.
    await this.guessing.unlock(this.audit.emailDigest(account.email), tx);
    const user = await this.users.create(tx, account, origin);
    await this.credentials.set(tx, user.id, passwordHash);
    return user;
  }
}
