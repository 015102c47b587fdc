import type { CaughtMailbox } from './caught-mailbox.js';
import { type Mail, Mailer } from './mailer.js';

/** Outside production without `SMTP_URL`: mails go to the caught mailbox. */
export class CaughtMailer extends Mailer {
  readonly configured = true;

  constructor(private readonly mailbox: CaughtMailbox) {
    super();
  }

  async send(mail: Mail): Promise<void> {
    await this.mailbox.add(mail);
  }
}
