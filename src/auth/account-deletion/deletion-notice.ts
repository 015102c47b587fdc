import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import type { User } from '../../users/user.entity.js';
import { accountDeletedMail } from '../mails/account-deleted.mail.js';

/**
 * The last mail to the owner of an account. It is the only thing that outlives the deletion: encrypted, until it is sent, or
 * for a day if that fails.
 */
@Injectable()
export class DeletionNotice {
  constructor(
    private readonly mails: MailOutbox,
    private readonly bounds: MailBounds,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes the notice in the transaction that deletes the account; to an unproven address, three times an hour at most. An
   * invited account has no owner to tell yet.
   */
  async send(tx: Transaction, { id, email: to, locale, emailVerified, invitedAt }: User): Promise<void> {
    if (invitedAt !== null || !this.mails.configured) return;
    if (!emailVerified && !(await this.bounds.admit(tx, accountDeletedMail.kind, to))) return;
    const values = { time: this.clock.now().toISOString() };
    // Not `user:`, because everything about the user is withdrawn from the outbox.
    await this.mails.send(tx, accountDeletedMail, { to, locale, subject: `deleted:${id}`, values });
  }
}
