import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MAIL_CHANNEL } from '../../platform/mail/mail-outbox.js';
import type { DeadLetter } from '../../platform/outbox/outbox-channel.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { alertOfSubject } from '../alerts/alert-dispatch.js';
import { A_DAY_SECONDS, type AlertKind } from '../alerts/alert-kind.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { AlertsRepository } from '../alerts/alerts.repository.js';
import { MOST_NAMED, OTHERS, STRETCH_MS } from '../detection/subject-bound.js';

/** A mail was refused permanently, or could not be delivered within 24 h or before the link in it expired. */
export const MAIL_UNDELIVERABLE: AlertKind = {
  name: 'mail_undeliverable',
  severity: 'warning',
  quietSeconds: A_DAY_SECONDS,
};

const MAIL_CHANNELS = [MAIL_CHANNEL, 'email', 'owner_email'];

/**
 * Raises {@link MAIL_UNDELIVERABLE} when a mail is abandoned. The subject is the account or the alert, never the
 * address. Anybody can register addresses that a server refuses, so at most {@link MOST_NAMED} subjects an hour get an alert
 * each, and the others one together.
 */
@Injectable()
export class UndeliverableMail implements OnModuleInit {
  constructor(
    private readonly outbox: Outbox,
    private readonly raiser: AlertRaiser,
    private readonly alerts: AlertsRepository,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.outbox.onDeadLetter((tx, letter) => this.raise(tx, letter));
  }

  private async raise(tx: Transaction, { channel, subject, error }: DeadLetter): Promise<void> {
    if (!MAIL_CHANNELS.includes(channel) || (await this.isAboutItself(tx, subject))) return;
    const now = this.clock.now();
    await this.raiser.raise(tx, [
      {
        kind: MAIL_UNDELIVERABLE,
        subject: await this.boundedSubject(tx, subject, now),
        count: 1,
        firstSeenAt: now,
        lastSeenAt: now,
        evidence: { summary: 'A mail could not be delivered.', channel, error },
      },
    ]);
  }

  /** The alerts in PostgreSQL are counted, because any instance may raise them; one transaction at a time. */
  private async boundedSubject(tx: Transaction, subject: string, now: Date): Promise<string> {
    await this.alerts.lockUndeliverableMails(tx);
    const since = new Date(now.getTime() - STRETCH_MS);
    const seen = await this.alerts.subjectsSeenAfter(tx, MAIL_UNDELIVERABLE.name, since);
    const named = seen.filter((one) => one !== OTHERS);
    return named.includes(subject) || named.length < MOST_NAMED ? subject : OTHERS;
  }

  /**
   * The mail that announces such an alert may be undeliverable, too. Another alert about it would create an endless
   * loop.
   */
  private async isAboutItself(tx: Transaction, subject: string): Promise<boolean> {
    const id = alertOfSubject(subject);
    const alert = id === null ? null : await this.alerts.lock(tx, id);
    return alert?.rule === MAIL_UNDELIVERABLE.name;
  }
}
