import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import {
  type OutboxChannel,
  type OutboxDelivery,
  PermanentFailure,
  type Priority,
  SUPPRESSED,
} from '../outbox/outbox-channel.js';
import { Outbox } from '../outbox/outbox.js';
import { Problem } from '../errors/problem.js';
import { MailErrors } from './mail.errors.js';
import type { Locale } from '../access/locale.js';
import { SingleUseSecrets } from '../secrets/single-use-secrets.js';
import type { MailTemplate, MailValues } from './mail-template.js';
import { MailTemplates } from './mail-templates.js';
import { type Mail, Mailer } from './mailer.js';

/** The name of the outbox channel for mails. */
export const MAIL_CHANNEL = 'mail';

/** A mail to be sent. */
export interface OutgoingMail<P extends string> {
  readonly to: string;
  readonly locale: Locale;
  /** The subject of the outbox message, such as `user:<id>`. Stored in clear text, so never an e-mail address. */
  readonly subject: string;
  readonly values: MailValues<P>;
  /** The secret that the mail exists to deliver. The mail is not sent if the secret can no longer be used. */
  readonly secretId?: string;
  /** Defaults to `normal`. */
  readonly priority?: Priority;
}

/** A mail as the outbox stores it. */
type StoredMail = Omit<Mail, 'id'> & { readonly secretId?: string };

/**
 * Sends mails through the outbox. A mail is written in the transaction that causes it, stored encrypted, and erased
 * once it is sent.
 */
@Injectable()
export class MailOutbox implements OutboxChannel, OnModuleInit {
  readonly name = MAIL_CHANNEL;
  readonly sealed = true;

  constructor(
    private readonly outbox: Outbox,
    private readonly templates: MailTemplates,
    private readonly mailer: Mailer,
    private readonly secrets: SingleUseSecrets,
  ) {}

  /** Whether mails can be delivered; false in production if `SMTP_URL` is unset. */
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

  /** Writes a mail in the caller's transaction. Does nothing if {@link configured} is false. */
  async send<P extends string>(
    tx: Transaction,
    template: MailTemplate<P>,
    { to, locale, subject, values, secretId, priority = 'normal' }: OutgoingMail<P>,
  ): Promise<void> {
    if (!this.configured) return;
    const { link = '', code = '' } = values as { link?: string; code?: string };
    const payload: StoredMail = {
      kind: template.kind,
      to,
      ...this.templates.render(template, locale, values),
      link: link === '' ? null : link,
      code: code === '' ? null : code,
      ...(secretId !== undefined && { secretId }),
    };
    await this.outbox.enqueue(tx, [{ channel: this.name, subject, payload, priority }]);
  }

  /**
   * A mail that failed until its secret expired is abandoned instead of suppressed, because the recipient waited for it in vain.
   */
  async deliver({ id, payload, lastError, signal }: OutboxDelivery): Promise<void | typeof SUPPRESSED> {
    const { secretId, ...mail } = payload as StoredMail;
    const validity = secretId === undefined ? 'live' : await this.secrets.validityOf(secretId);
    if (validity === 'expired' && lastError !== null)
      throw new PermanentFailure(`The secret in the mail has expired. Last attempt: ${lastError}`);
    if (validity !== 'live') return SUPPRESSED;
    await this.mailer.send({ ...mail, id }, signal);
  }
}
