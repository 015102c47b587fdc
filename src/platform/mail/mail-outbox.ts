import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { OutboxChannel, OutboxDelivery, Priority } from '../outbox/outbox-channel.js';
import { Outbox } from '../outbox/outbox.js';
import { Problem } from '../errors/problem.js';
import { MailErrors } from './mail.errors.js';
import type { Locale } from '../access/locale.js';
import type { MailTemplate, MailValues } from './mail-template.js';
import { MailTemplates } from './mail-templates.js';
import { type Mail, Mailer } from './mailer.js';

/** The name of the outbox channel of mails. */
export const MAIL_CHANNEL = 'mail';

/** A mail that is to be sent. */
export interface OutgoingMail<P extends string> {
  readonly to: string;
  readonly locale: Locale;
  /** The subject, such as `user:<id>`; stored in clear, so never an address. */
  readonly subject: string;
  readonly values: MailValues<P>;
  /** `normal` where it is not given. */
  readonly priority?: Priority;
}

/** Sends mails by the outbox: written with their cause, encrypted until they are sent, and then wiped. */
@Injectable()
export class MailOutbox implements OutboxChannel, OnModuleInit {
  readonly name = MAIL_CHANNEL;
  readonly sealed = true;

  constructor(
    private readonly outbox: Outbox,
    private readonly templates: MailTemplates,
    private readonly mailer: Mailer,
  ) {}

  /** Whether mails reach anyone; false in production without `SMTP_URL`. */
  get configured(): boolean {
    return this.mailer.configured;
  }

  /** For requests that are of no use without a mail. Throws `mail_unconfigured` while {@link configured} is false. */
  assertConfigured(): void {
    if (!this.configured) throw new Problem(MailErrors.mail_unconfigured);
  }

  onModuleInit(): void {
    this.outbox.register(this);
  }

  /** Writes a mail in the transaction of its cause. Does nothing while {@link configured} is false. */
  async send<P extends string>(
    tx: Transaction,
    template: MailTemplate<P>,
    { to, locale, subject, values, priority = 'normal' }: OutgoingMail<P>,
  ): Promise<void> {
    if (!this.configured) return;
    const { link = null, code = null } = values as { link?: string; code?: string };
    const payload: Omit<Mail, 'id'> = {
      kind: template.kind,
      to,
      ...this.templates.render(template, locale, values),
      link,
      code,
    };
    await this.outbox.enqueue(tx, [{ channel: this.name, subject, payload, priority }]);
  }

  async deliver({ id, payload, signal }: OutboxDelivery): Promise<void> {
    await this.mailer.send({ ...(payload as Omit<Mail, 'id'>), id }, signal);
  }
}
