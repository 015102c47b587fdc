import type { MailKind } from './mail-kinds.js';

/** One mail to one recipient. */
export interface Mail {
  /** Becomes the Message-ID, so that a mail sent twice is recognisable as one (RFC 5322 section 3.6.4). */
  readonly id: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The link in the mail, if it has one; shown to readers of caught mails. */
  readonly link: string | null;
  readonly code: string | null;
}

/** Delivers mails that leave the outbox. */
export abstract class Mailer {
  /** Whether mails can be sent at all. If false, no mail should be written to the outbox. */
  abstract readonly configured: boolean;

  /**
   * Resolves once the server has accepted the mail, or the mail is caught. Rejects with `PermanentFailure` if the
   * server refused it permanently, and with any other error if it can be retried. Error messages contain neither the
   * address, the name of its mailbox from four characters on, nor any part of the mail.
   */
  abstract send(mail: Mail, signal: AbortSignal): Promise<void>;
}

/** Used in production if `SMTP_URL` is unset. */
export class NoMailer extends Mailer {
  readonly configured = false;

  async send(): Promise<void> {
    throw new Error('SMTP_URL is unset');
  }
}
