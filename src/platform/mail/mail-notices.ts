import { Injectable } from '@nestjs/common';
import type { Locale } from '../access/locale.js';
import type { Transaction } from '../database/transaction-runner.js';
import { MailBounds } from './mail-bounds.js';
import { MailOutbox } from './mail-outbox.js';
import type { MailTemplate, MailValues } from './mail-template.js';

/** Who is told something about an account, in their language. `email` is in its canonical form. */
export interface NoticeRecipient {
  readonly id: string;
  readonly email: string;
  readonly locale: Locale;
  readonly emailVerified: boolean;
}

/**
 * Tells owners what happened to their account. Until the owner has proven the address, it may be that of a stranger, who
 * gets three mails of a kind in an hour at most, whatever the account does.
 */
@Injectable()
export class MailNotices {
  constructor(
    private readonly mails: MailOutbox,
    private readonly bounds: MailBounds,
  ) {}

  /** Writes a mail in the transaction of what it is about. Does nothing beyond the limit, or if mail is not configured. */
  async send<P extends string>(
    tx: Transaction,
    { id, email: to, locale, emailVerified }: NoticeRecipient,
    template: MailTemplate<P>,
    values: MailValues<P>,
  ): Promise<void> {
    if (!this.mails.configured) return;
    if (!emailVerified && !(await this.bounds.admit(tx, template.kind, to))) return;
    await this.mails.send(tx, template, { to, locale, subject: `user:${id}`, values });
  }
}
