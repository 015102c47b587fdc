import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { PasswordCredentialsRepository } from '../../auth/credentials/passwords/password-credentials.repository.js';
import { EmailReservations } from '../../auth/email/email-reservations.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import type { User } from '../../users/user.entity.js';
import { UsersRepository } from '../../users/users.repository.js';
import { ImportedFactors } from './imported-factors.js';
import type { PreparedAccount } from './prepared-account.js';

/** Writes accounts of a file with their passwords and factors. */
@Injectable()
export class ImportedAccounts {
  constructor(
    private readonly users: UsersRepository,
    private readonly reservations: EmailReservations,
    private readonly passwords: PasswordCredentialsRepository,
    private readonly factors: ImportedFactors,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
  ) {}

  /**
   * Writes accounts; returns those that were written. An address that got an account meanwhile, or was reserved for one, is left
   * out.
   */
  async insert(tx: Transaction, prepared: readonly PreparedAccount[]): Promise<User[]> {
    const accounts = await this.inserted(tx, prepared);
    await this.passwords.insertAll(
      tx,
      accounts.flatMap(({ user, password }) =>
        password === null ? [] : [{ userId: user.id, ...password, changedAt: user.updatedAt }],
      ),
    );
    await this.factors.insert(tx, accounts);
    // Guesses for an address before its import do not count against its owner.
    const digests = accounts.map(({ user }) => this.audit.emailDigest(user.email));
    await this.guessing.unlockAll(digests, tx);
    return accounts.map(({ user }) => user);
  }

  /** Returns those accounts that are there with the ids that they were prepared with, whichever attempt wrote them. */
  async written(tx: Transaction, prepared: readonly PreparedAccount[]): Promise<User[]> {
    return this.users.findByIds(
      prepared.map(({ user }) => user.id),
      tx,
    );
  }

  private async inserted(tx: Transaction, prepared: readonly PreparedAccount[]): Promise<PreparedAccount[]> {
    const written = await this.users.insertAll(
      tx,
      prepared.map(({ user }) => user),
    );
    const accounts = prepared.filter(({ user }) => written.has(user.id));
    if (accounts.length < written.size)
      throw new Error('accounts were written with other ids than those that were prepared');
    // After the insertion, which waits for transactions that free an address and reserve it.
    const emails = accounts.map(({ user }) => user.email);
    const reserved = await this.reservations.reservedAmong(emails, tx);
    for (const { user } of accounts) if (reserved.has(user.email)) await this.users.delete(tx, user.id);
    return accounts.filter(({ user }) => !reserved.has(user.email));
  }
}
