import { type CaughtMail, CaughtMailbox } from '../../../src/platform/mail/caught-mailbox.js';
import type { MailKind } from '../../../src/platform/mail/mail-kinds.js';
import { eventually } from '../waiting/eventually.js';
import type { TestApp } from './test-app.js';

/** The caught mails of a kind to an address, the newest first. */
export async function mailsTo({ app }: TestApp, to: string, kind: MailKind): Promise<CaughtMail[]> {
  const mails = await app.get(CaughtMailbox, { strict: false }).list({ to }, 0);
  return mails.filter((mail) => mail.kind === kind);
}

/** The newest of them once there are `count`. */
export async function mailTo(app: TestApp, to: string, kind: MailKind, count = 1): Promise<CaughtMail> {
  return eventually(async () => {
    const mails = await mailsTo(app, to, kind);
    if (mails.length < count) throw new Error(`${mails.length} mails ${kind} to ${to}`);
    return mails[0]!;
  });
}
