import { type CaughtMail, CaughtMailbox } from '../../../src/platform/mail/caught-mailbox.js';
import type { MailKind } from '../../../src/platform/mail/mail-kinds.js';
import { eventually } from '../time/eventually.js';
import { asSuperuser } from './as-superuser.js';
import type { TestApp } from './test-app.js';

/** The caught mails to an address, of one kind or of all, the newest first. */
export async function mailsTo({ app }: TestApp, to: string, kind?: MailKind): Promise<CaughtMail[]> {
  const mails = await app.get(CaughtMailbox, { strict: false }).list({ to }, 0);
  return kind === undefined ? mails : mails.filter((mail) => mail.kind === kind);
}

/** Resolves once no mail, and no request for one, waits in the outbox. */
export async function outboxIsEmpty({ database }: TestApp): Promise<void> {
  await eventually(async () => {
    const waiting = await asSuperuser(database, `SELECT id FROM outbox_messages WHERE state = 'pending'`);
    if (waiting.length > 0) throw new Error(`${waiting.length} messages wait in the outbox`);
  });
}

/** The newest of them once there are `count`. */
export async function mailTo(app: TestApp, to: string, kind: MailKind, count = 1): Promise<CaughtMail> {
  return eventually(async () => {
    const mails = await mailsTo(app, to, kind);
    if (mails.length < count) throw new Error(`${mails.length} mails ${kind} to ${to}`);
    return mails[0]!;
  });
}
