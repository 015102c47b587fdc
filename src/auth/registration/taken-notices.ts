import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import type { User } from '../../users/user.entity.js';
import { registrationTakenMail } from '../mails/registration-taken.mail.js';
import { InvitationLinks } from '../invitations/invitation-links.js';
import { ResetLinks } from '../password-reset/reset-links.js';

/** Notifies the owner of an account that somebody tried to register with its address. */
@Injectable()
export class TakenNotices {
  constructor(
    private readonly outbox: MailOutbox,
    private readonly bounds: MailBounds,
    private readonly resets: ResetLinks,
    private readonly invitations: InvitationLinks,
  ) {}

  /**
   * Sends the notice with a reset link, or to an invited account the invitation again, at most three times an hour. The
   * caller must have locked the account.
   */
  async send(tx: Transaction, user: User): Promise<void> {
    const { id, email: to, locale } = user;
    if (user.disabledAt !== null || !this.outbox.configured) return;
    if (!(await this.bounds.admit(tx, registrationTakenMail.kind, to))) return;
    if (user.invitedAt !== null) return this.invitations.send(tx, user);
    const { link, secretId } = await this.resets.issue(tx, user, { replaces: false });
    await this.outbox.send(tx, registrationTakenMail, {
      to,
      locale,
      subject: `user:${id}`,
      values: { link },
      secretId,
    });
  }
}
