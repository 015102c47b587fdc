import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { originFacts } from '../../sessions/mails/origin-facts.js';
import type { User } from '../../users/user.entity.js';
import type { FactorRecovery } from '../credentials/factors/recovery/factor-recovery.entity.js';
import { recoveryDoneMail } from '../mails/recovery-done.mail.js';
import { recoveryReadyMail } from '../mails/recovery-ready.mail.js';
import { recoveryStartedMail } from '../mails/recovery-started.mail.js';
import { RecoveryLinks } from './recovery-links.js';

/** Tells owners about the recovery of lost factors of their account. */
@Injectable()
export class RecoveryNotices {
  constructor(
    private readonly links: RecoveryLinks,
    private readonly mails: MailOutbox,
    private readonly bounds: MailBounds,
    private readonly clock: Clock,
  ) {}

  /** Says that a recovery runs, with a link that cancels it. */
  async running(
    tx: Transaction,
    user: User,
    { startedAt, dueAt }: Pick<FactorRecovery, 'startedAt' | 'dueAt'>,
    origin: Origin,
  ): Promise<void> {
    const { address, device } = originFacts(origin, startedAt);
    const link = await this.links.toCancel(tx, user, dueAt.getTime() - this.clock.nowMs());
    const values = { link, started: startedAt.toISOString(), due: dueAt.toISOString(), address, device };
    await this.mails.send(tx, recoveryStartedMail, { ...recipient(user), values });
  }

  /** Sends the mail of the present step once more for a request, at most three times in an hour. */
  async again(tx: Transaction, user: User, recovery: FactorRecovery, origin: Origin): Promise<void> {
    if (!(await this.bounds.admit(tx, recoveryStartedMail.kind, user.email))) return;
    if (recovery.readyAt === null) await this.running(tx, user, recovery, origin);
    else await this.ready(tx, user, recovery);
  }

  /** Brings the link that removes the factors, which is valid until the end of the recovery. */
  async ready(tx: Transaction, user: User, { nextAt }: Pick<FactorRecovery, 'nextAt'>): Promise<void> {
    const leftMs = nextAt.getTime() - this.clock.nowMs();
    const { link, secretId } = await this.links.toFinish(tx, user, leftMs);
    const cancel = await this.links.toCancel(tx, user, leftMs);
    const values = { link, cancel, until: nextAt.toISOString() };
    await this.mails.send(tx, recoveryReadyMail, { ...recipient(user), values, secretId });
  }

  /** Says that the factors are removed. */
  async done(tx: Transaction, user: User, origin: Origin): Promise<void> {
    const values = originFacts(origin, this.clock.now());
    await this.mails.send(tx, recoveryDoneMail, { ...recipient(user), values });
  }
}

const recipient = ({ id, email: to, locale }: User) => ({ to, locale, subject: `user:${id}` });
