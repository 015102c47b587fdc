import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import type { MailTemplate, MailValues } from '../../platform/mail/mail-template.js';
import type { User } from '../../users/user.entity.js';
import { AccountSecrets, type AccountSecret } from '../account-secrets.js';

/** How long a link that proves an address works, milliseconds. */
const LINK_MS = 24 * 3_600_000;

/** How long the code beside it works: short, since it has far fewer bits. */
const CODE_MS = 10 * 60_000;

/** Writes mails about the addresses of accounts, in the language of the account that each is about. */
@Injectable()
export class AddressMails {
  constructor(
    private readonly secrets: AccountSecrets,
    private readonly links: MailLinks,
    private readonly outbox: MailOutbox,
  ) {}

  /** Whether mails can be sent at all. */
  get configured(): boolean {
    return this.outbox.configured;
  }

  /** Throws `mail_unconfigured` where no mail can be sent. */
  assertConfigured(): void {
    this.outbox.assertConfigured();
  }

  /** Makes a link that proves the address it is sent to, and a code beside it for the session that asked. */
  async issueLink(
    tx: Transaction,
    user: User,
    secret: Omit<AccountSecret, 'lifetimeMs' | 'code'>,
  ): Promise<{ link: string; code: string }> {
    const rules = { lifetimeMs: LINK_MS, code: { lifetimeMs: CODE_MS } };
    const { token, code } = await this.secrets.issue(tx, user, { ...secret, ...rules });
    return { link: this.links.to('verify', token), code: code! };
  }

  /** Sends a mail about an account. */
  async send<P extends string>(
    tx: Transaction,
    template: MailTemplate<P>,
    { user: { id, locale }, to, values }: { user: User; to: string; values: MailValues<P> },
  ): Promise<void> {
    await this.outbox.send(tx, template, { to, locale, subject: `user:${id}`, values });
  }
}
