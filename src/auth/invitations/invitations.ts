import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import type { NewUser } from '../../users/users.service.js';
import { AccountCreation } from '../account-creation.js';
import { InvitationLinks } from './invitation-links.js';

/** An account for the owner of an address to accept. */
export type InvitedUser = Pick<NewUser, 'email' | 'displayName' | 'roles' | 'locale'>;

/** Creates accounts that have no password before their owner accepts them by a link. */
@Injectable()
export class Invitations {
  constructor(
    private readonly creation: AccountCreation,
    private readonly links: InvitationLinks,
    private readonly audit: AuditService,
  ) {}

  /** Throws `mail_unconfigured` where no invitation could be sent. */
  assertPossible(): void {
    this.links.assertPossible();
  }

  /** Creates an account in the caller's transaction, without sending the link. Throws `email_taken`. */
  async create(tx: Transaction, account: InvitedUser, origin: Origin): Promise<User> {
    const user = await this.creation.createInvited(tx, account, origin);
    const granted = user.roles.filter((role) => role !== 'user');
    if (granted.length > 0) {
      await this.audit.record(tx, {
        type: 'privilege_permissions_changed',
        outcome: 'success',
        userId: user.id,
        origin,
        details: { granted, revoked: [] },
      });
    }
    return user;
  }

  /** Mails the link to an invited account, which the caller has locked, and records it. */
  async send(tx: Transaction, user: User, origin: Origin): Promise<void> {
    await this.record(tx, user, origin);
    await this.links.send(tx, user);
  }

  /** Returns the link for an operator to hand over, and records it. */
  async issue(tx: Transaction, user: User, origin: Origin): Promise<string> {
    await this.record(tx, user, origin);
    return this.links.issue(tx, user);
  }

  private async record(tx: Transaction, { id: userId }: User, origin: Origin): Promise<void> {
    await this.audit.record(tx, { type: 'user_invited', outcome: 'success', userId, origin, details: {} });
  }
}
