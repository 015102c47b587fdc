import { Injectable } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { Environment } from '../config/environment.js';
import { senderOf, smtpOptions } from './mail-settings.js';

/** One plain-text mail to one person. */
export interface Mail {
  /** Becomes the Message-ID, so that a mail sent twice is recognisable as one (RFC 5322 section 3.6.4). */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const DEADLINE_MS = 15_000;

/** Sends mail by SMTP, one connection per mail: rare messages are not worth a connection that must be kept alive. */
@Injectable()
export class Mailer {
  private readonly transport: ReturnType<typeof createTransport> | null;
  private readonly host: string;

  constructor(environment: Environment) {
    const { SMTP_URL, isProduction, PUBLIC_URL } = environment;
    this.transport =
      SMTP_URL === undefined
        ? null
        : createTransport(smtpOptions(SMTP_URL, isProduction), { from: senderOf(environment) });
    this.host = new URL(PUBLIC_URL).hostname;
  }

  get configured(): boolean {
    return this.transport !== null;
  }

  /** Resolves when the server has accepted the mail; rejects with its refusal, or after 15 s. */
  async send({ id, to, subject, text }: Mail): Promise<void> {
    if (!this.transport) throw new Error('SMTP_URL is unset');
    await this.transport.sendMail({
      to: { name: '', address: to },
      subject,
      text,
      messageId: `<${id}@${this.host}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  }
}
