import { Injectable } from '@nestjs/common';
import type { Role } from '../platform/access/principal.js';
import { Clock } from '../platform/clock/clock.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { MailOutbox } from '../platform/mail/mail-outbox.js';
import type { User } from '../users/user.entity.js';
import { accountDeletedMail } from './mails/account-deleted.mail.js';
import { accountDisabledMail } from './mails/account-disabled.mail.js';
import { linkHandedOutMail } from './mails/link-handed-out.mail.js';
import { roleChangedMail } from './mails/role-changed.mail.js';

/** Tells owners what operators and administrators did to their accounts. An invited account has no owner yet. */
@Injectable()
export class AccountNotices {
  constructor(
    private readonly mails: MailOutbox,
    private readonly clock: Clock,
  ) {}

  async rolesChanged(tx: Transaction, user: User, roles: readonly Role[]): Promise<void> {
    const values = { roles: roles.join(', '), time: this.time };
    if (user.invitedAt !== null) return;
    await this.mails.send(tx, roleChangedMail, { ...recipient(user), values });
  }

  async disabled(tx: Transaction, user: User): Promise<void> {
    if (user.invitedAt !== null) return;
    await this.mails.send(tx, accountDisabledMail, { ...recipient(user), values: { time: this.time } });
  }

  async deleted(tx: Transaction, user: User): Promise<void> {
    if (user.invitedAt !== null) return;
    await this.mails.send(tx, accountDeletedMail, { ...recipient(user), values: { time: this.time } });
  }

  async linkHandedOut(tx: Transaction, user: User): Promise<void> {
    await this.mails.send(tx, linkHandedOutMail, { ...recipient(user), values: { time: this.time } });
  }

  private get time(): string {
    return this.clock.now().toISOString();
  }
}

const recipient = ({ id, email: to, locale }: User) => ({ to, locale, subject: `user:${id}` });
