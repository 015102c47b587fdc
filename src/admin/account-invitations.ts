import { Injectable } from '@nestjs/common';
import { TakenEmails } from '../auth/email/taken-emails.js';
import { type InvitedUser, Invitations } from '../auth/invitations/invitations.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { SessionErrors } from '../sessions/session.errors.js';
import type { User } from '../users/user.entity.js';
import { UsersErrors } from '../users/users.errors.js';
import { AdminErrors } from './admin.errors.js';
import { isByApiKey } from './by-api-key.js';
import { LockedAccounts } from './locked-accounts.js';

/** Invites people, at the request of an operator or administrator. */
@Injectable()
export class AccountInvitations {
  constructor(
    private readonly invitations: Invitations,
    private readonly accounts: LockedAccounts,
    private readonly taken: TakenEmails,
  ) {}

  /**
   * Creates an account and mails its owner the invitation; returns the account's id. Throws `email_taken`, `mail_unconfigured`,
   * and `forbidden` to API keys that give a role beyond `user`.
   */
  async invite(account: InvitedUser, origin: Origin): Promise<string> {
    this.invitations.assertPossible();
    return this.create(account, origin, async (tx, user) => {
      await this.invitations.send(tx, user, origin);
      return user.id;
    });
  }

  /** The same, but returns the link, to be handed over by the operator, and sends no mail. */
  async handOut(account: InvitedUser, origin: Origin): Promise<string> {
    return this.create(account, origin, (tx, user) => this.invitations.issue(tx, user, origin));
  }

  /** Mails the invitation again; former links become invalid. Throws `wrong_status` unless the account is invited and enabled. */
  async again(who: string, origin: Origin): Promise<void> {
    this.invitations.assertPossible();
    await this.accounts.change(who, origin, (tx, user) =>
      this.invitations.send(tx, stillInvited(user), origin),
    );
  }

  /** Returns a new link to the invitation as {@link handOut} does. Throws `wrong_status` as {@link again} does. */
  async handOutAgain(who: string, origin: Origin): Promise<string> {
    return this.accounts.change(who, origin, (tx, user) =>
      this.invitations.issue(tx, stillInvited(user), origin),
    );
  }

  private async create<T>(
    account: InvitedUser,
    origin: Origin,
    work: (tx: Transaction, user: User) => Promise<T>,
  ): Promise<T> {
    if (isByApiKey(origin) && account.roles.some((role) => role !== 'user'))
      throw new Problem(SessionErrors.forbidden);
    try {
      return await this.accounts.add(origin, async (tx) =>
        work(tx, await this.invitations.create(tx, account, origin)),
      );
    } catch (error) {
      if (isProblem(error, UsersErrors.email_taken)) await this.taken.record(account.email, origin);
      throw error;
    }
  }
}

function stillInvited(user: User): User {
  if (user.invitedAt === null || user.disabledAt !== null) throw new Problem(AdminErrors.wrong_status);
  return user;
}
