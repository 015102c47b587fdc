import { createTransport } from 'nodemailer';
import type { Environment } from '../config/environment.js';
import { PermanentFailure } from '../outbox/outbox-channel.js';
import { SEND_MS, senderOf, smtpOptions } from './mail-settings.js';
import { type Mail, Mailer } from './mailer.js';

/** nodemailer's error codes for replies about this mail, as opposed to the connection or the login. */
const ABOUT_THE_MAIL = ['EENVELOPE', 'EMESSAGE'];
/** Replies about the session, to whatever command: a login or TLS is missing (RFC 4954 section 6, RFC 3207 section 4). */
const ABOUT_THE_SESSION = [530, 534, 535, 538];
const REASON_LENGTH = 300;
const LEAST_NAME_LENGTH = 4;

/**
 * Sends mail by SMTP. Uses one connection per mail, because mails are too rare for keeping a connection open to pay
 * off.
 */
export class SmtpMailer extends Mailer {
  readonly configured = true;
  private readonly transport: ReturnType<typeof createTransport>;
  private readonly host: string;

  constructor(url: string, environment: Environment) {
    super();
    this.transport = createTransport(smtpOptions(url, environment.isProduction), {
      from: senderOf(environment),
    });
    this.host = new URL(environment.PUBLIC_URL).hostname;
  }

  async send({ id, to, subject, text, html }: Mail, signal: AbortSignal): Promise<void> {
    try {
      await this.transport.sendMail({
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: `<${id}@${this.host}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_MS)]),
      });
    } catch (error) {
      throw failureOf(error, to);
    }
  }
}

/**
 * Matches the part of an address before the `@` as a word, because many servers reply with it alone. A short one may be a
 * word of the reply, and is not matched.
 */
function mailboxName(address: string): RegExp {
  const name = address.slice(0, address.lastIndexOf('@'));
  return name.length < LEAST_NAME_LENGTH ? /(?!)/g : new RegExp(`(?<!\\w)${literally(name)}(?!\\w)`, 'gi');
}

const literally = (text: string) => text.replaceAll(/[^\w@]/g, '\\$&');

/** Returns the error without the address and links, which a server may repeat in its reply. */
function failureOf(error: unknown, to: string): Error {
  const { message, code, responseCode } = error as { message: string; code?: string; responseCode?: number };
  const reason = message
    .replaceAll(new RegExp(literally(to), 'gi'), '(address)')
    .replaceAll(mailboxName(to), '(address)')
    .replaceAll(/https?:\/\/\S+/gi, '(link)')
    .slice(0, REASON_LENGTH);
  const isFinal =
    responseCode !== undefined &&
    responseCode >= 500 &&
    responseCode < 600 &&
    !ABOUT_THE_SESSION.includes(responseCode) &&
    ABOUT_THE_MAIL.includes(code ?? '');
  return isFinal ? new PermanentFailure(reason) : new Error(reason);
}
