import type { CaughtMailbox } from './caught-mailbox.js';
import { type Mail, Mailer } from './mailer.js';

/** Delivers mails to the caught mailbox. Used outside production if `SMTP_URL` is unset. */
export class CaughtMailer extends Mailer {
  readonly configured = true;

  constructor(private readonly mailbox: CaughtMailbox) {
    super();
  }

  async send(mail: Mail): Promise<void> {
    await this.mailbox.add(mail);
  }
}
