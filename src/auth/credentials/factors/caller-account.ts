import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../platform/access/principal.js';
import { type Transaction, TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { Problem } from '../../../platform/errors/problem.js';
import { SessionErrors } from '../../../sessions/session.errors.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';

/** The account of a caller, locked while its factors change. */
@Injectable()
export class CallerAccount {
  constructor(
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Runs work in a transaction that holds the lock of the account. Throws `session_ended` if the account is gone. */
  async locked<T>(
    { userId }: Pick<SessionPrincipal, 'userId'>,
    work: (tx: Transaction, user: User) => Promise<T>,
  ): Promise<T> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user) throw new Problem(SessionErrors.session_ended);
      return work(tx, user);
    });
  }
}
