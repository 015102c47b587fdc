import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { MailOutbox, type OutgoingMail } from '../../platform/mail/mail-outbox.js';
import type { MailTemplate } from '../../platform/mail/mail-template.js';
import type { User } from '../../users/user.entity.js';
import { AccountSecrets, type AccountSecret } from '../account-secrets.js';

/** Lifetime of a verification link, milliseconds. */
const LINK_MS = 24 * 3_600_000;

/** Lifetime of the code, milliseconds; shorter, because a code has far fewer bits than a link. */
const CODE_MS = 10 * 60_000;

/** A mail about the address of an account. */
interface AddressMail<P extends string> extends Pick<OutgoingMail<P>, 'to' | 'values' | 'secretId'> {
  readonly user: User;
}

/** Sends mails about the addresses of accounts, each in the language of its account. */
@Injectable()
export class EmailVerificationMails {
  constructor(
    private readonly secrets: AccountSecrets,
    private readonly links: MailLinks,
    private readonly outbox: MailOutbox,
  ) {}

  /** Whether mail can be sent. */
  get configured(): boolean {
    return this.outbox.configured;
  }

  /** Throws `mail_unconfigured` if no mail can be sent. */
  assertConfigured(): void {
    this.outbox.assertConfigured();
  }

  /** Creates a link that verifies the address it is sent to, and a code for the session that requested it. */
  async issueLink(
    tx: Transaction,
    user: User,
    secret: Omit<AccountSecret, 'lifetimeMs' | 'code'>,
  ): Promise<{ values: { link: string; code: string }; secretId: string }> {
    const rules = { lifetimeMs: LINK_MS, code: { lifetimeMs: CODE_MS } };
    const { id: secretId, token, code } = await this.secrets.issue(tx, user, { ...secret, ...rules });
    return { values: { link: this.links.to('verify', token), code: code! }, secretId };
  }

  /** Sends a mail about an account. */
  async send<P extends string>(
    tx: Transaction,
    template: MailTemplate<P>,
    { user: { id, locale }, ...mail }: AddressMail<P>,
  ): Promise<void> {
    await this.outbox.send(tx, template, { ...mail, locale, subject: `user:${id}` });
  }
}
