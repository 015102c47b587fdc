import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { Origin } from '../platform/http/origin.js';
import { AccountGuessing } from '../rate-limit/guessing/account-guessing.js';
import type { User } from '../users/user.entity.js';
import { type NewUser, UsersService } from '../users/users.service.js';
import { EmailReservations } from './email/email-reservations.js';
import { PasswordCredentials } from './credentials/passwords/password-credentials.js';

/** An account, locked, that was created or had the address before; null if the address is only reserved for one. */
export interface NewOrTaken {
  readonly isNew: boolean;
  readonly owner: User | null;
}

/** Creates accounts with a password. */
@Injectable()
export class AccountCreation {
  constructor(
    private readonly users: UsersService,
    private readonly credentials: PasswordCredentials,
    private readonly guessing: AccountGuessing,
    private readonly reservations: EmailReservations,
    private readonly audit: AuditService,
  ) {}

  /** Creates an account with a password hash, in the caller's transaction. Throws `email_taken`. */
  async create(tx: Transaction, account: NewUser, passwordHash: string, origin: Origin): Promise<User> {
    // Guesses for an address before its registration do not count against the new owner.
    await this.guessing.unlock(this.audit.emailDigest(account.email), tx);
    const user = await this.users.create(tx, account, origin);
    await this.reservations.assertFree(tx, user.email, user.id);
    await this.credentials.set(tx, user.id, passwordHash);
    return user;
  }

  /** Creates an account without a password, which its owner is to accept, in the caller's transaction. Throws `email_taken`. */
  async createInvited(tx: Transaction, account: NewUser, origin: Origin): Promise<User> {
    await this.guessing.unlock(this.audit.emailDigest(account.email), tx);
    const user = await this.users.create(tx, { ...account, isInvited: true }, origin);
    await this.reservations.assertFree(tx, user.email, user.id);
    return user;
  }

  /**
   * Creates an account unless its address is taken or reserved, and records which, as an event about the account that the
   * address belongs to. Runs the same statements in both cases, so that the response time does not reveal whether the address has
   * an account.
   */
  async createUnlessTaken(
    tx: Transaction,
    account: NewUser,
    passwordHash: string,
    origin: Origin,
  ): Promise<NewOrTaken> {
    const emailDigest = this.audit.emailDigest(account.email);
    const { user, isCreated } = await this.users.createUnlessTaken(tx, account);
    const keeper = await this.reservations.keeperOf(tx, account.email, user.id);
    if (isCreated && keeper !== null) await this.users.deleteJustCreated(tx, user);
    const isNew = isCreated && keeper === null;
    await this.guessing.unlock(isNew ? emailDigest : this.audit.emailDigest(user.id), tx);
    await this.credentials.setIfExists(tx, user.id, passwordHash);
    // After the password, which changes the version that mailed secrets are bound to.
    const owner = await this.users.lockByEmail(tx, account.email);
    await this.audit.record(
      tx,
      isNew
        ? {
            type: 'user_created',
            outcome: 'success',
            userId: user.id,
            origin,
            details: { roles: user.roles },
          }
        : {
            type: 'user_create_fail',
            outcome: 'failure',
            reason: 'email_taken',
            userId: owner?.id ?? keeper,
            origin,
            details: { account: emailDigest },
          },
    );
    return { isNew, owner };
  }
}
