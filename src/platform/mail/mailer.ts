import type { MailKind } from './mail-kinds.js';

/** One mail to one person. */
export interface Mail {
  /** Becomes the Message-ID, so that a mail sent twice is recognisable as one (RFC 5322 section 3.6.4). */
  readonly id: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the mail is about to be used for, where it is: for those who read caught mails. */
  readonly link: string | null;
  readonly code: string | null;
}

/** The way in which mails leave the outbox. */
export abstract class Mailer {
  /** Whether mails can be sent at all; where not, they are not to be written. */
  abstract readonly configured: boolean;

  /**
   * Resolves once the mail is with the server, or caught. Rejects with `PermanentFailure` where the server refused it
   * for good, else with what may be tried again; messages of errors name no address and nothing of the mail.
   */
  abstract send(mail: Mail, signal: AbortSignal): Promise<void>;
}

/** In production without `SMTP_URL`. */
export class NoMailer extends Mailer {
  readonly configured = false;

  async send(): Promise<void> {
    throw new Error('SMTP_URL is unset');
  }
}
