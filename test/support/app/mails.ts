import { Clock } from '../../../src/platform/clock/clock.js';
import { type CaughtMail, CaughtMailbox } from '../../../src/platform/mail/caught-mailbox.js';
import type { MailKind } from '../../../src/platform/mail/mail-kinds.js';
import { eventually } from '../time/eventually.js';
import { asSuperuser } from './as-superuser.js';
import type { TestApp } from './test-app.js';

/** For how long the mailbox shows a mail. */
const DAY_MS = 86_400_000;

/** The mails that were read from each mailbox, the newest first, so that each is decrypted once. */
const known = new WeakMap<CaughtMailbox, CaughtMail[]>();

/** The caught mails to an address, of one kind or of all, the newest first. */
export async function mailsTo({ app }: TestApp, to: string, kind?: MailKind): Promise<CaughtMail[]> {
  const mailbox = app.get(CaughtMailbox, { strict: false });
  const former = known.get(mailbox) ?? [];
  const latest = await mailbox.list({ after: former[0]?.id }, 0);
  const ids = new Set(latest.map(({ id }) => id));
  const mails = [...latest, ...former.filter(({ id }) => !ids.has(id))];
  known.set(mailbox, mails);
  const keptSince = new Date(app.get(Clock, { strict: false }).nowMs() - DAY_MS).toISOString();
  return mails.filter(
    (mail) =>
      mail.to.toLowerCase() === to.toLowerCase() &&
      mail.createdAt >= keptSince &&
      (kind === undefined || mail.kind === kind),
  );
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
