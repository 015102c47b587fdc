import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Mailer } from '../../platform/mail/mailer.js';
import { UsersService } from '../../users/users.service.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { ALERT_KINDS, type AlertKind } from '../alerts/alert-kind.js';
import { ownerMail } from './alert-mail.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { type DeliveryChannel, type Message, SUPPRESSED } from './delivery-channel.js';

/** An account opened with somebody else's address must not become a way to fill their mailbox. */
const MOST_IN_AN_HOUR = 3;
const HOUR_MS = 3_600_000;

/**
 * Tells the owner of an account what happened on it, every time and not only when the alert opens: the second new
 * device may be the stranger's; but three times an hour at most. The address is looked up when the mail is sent, so that
 * no table here holds it, and nothing that people wrote of themselves is in the mail: the address may not be theirs.
 */
@Injectable()
export class OwnerEmailChannel implements DeliveryChannel {
  readonly name = 'owner_email';
  readonly standsAlone = false;

  constructor(
    private readonly mailer: Mailer,
    private readonly users: UsersService,
    private readonly deliveries: DeliveriesRepository,
    private readonly clock: Clock,
    @Inject(ALERT_KINDS) private readonly kinds: readonly AlertKind[],
  ) {}

  wants({ finding }: AlertChange): boolean {
    return finding.kind.toOwner !== undefined && this.mailer.configured;
  }

  async deliver({ deliveryId, alert }: Message): Promise<void | typeof SUPPRESSED> {
    const userId = alert.evidence.userIds?.[0];
    const owner = userId === undefined ? null : await this.users.findById(userId);
    const words = this.kinds.find(({ name }) => name === alert.rule)?.toOwner?.en;
    if (!owner || !words) return SUPPRESSED;
    const anHourAgo = new Date(this.clock.nowMs() - HOUR_MS);
    const message = { id: deliveryId, alertId: alert.id, channel: this.name };
    if ((await this.deliveries.countBefore(message, anHourAgo)) >= MOST_IN_AN_HOUR) return SUPPRESSED;
    await this.mailer.send({ id: deliveryId, to: owner.email, ...ownerMail(alert, words) });
  }
}
