import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import { Mailer } from '../../platform/mail/mailer.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { operatorMail } from './alert-mail.js';
import { type DeliveryChannel, type Message, isAnnounced } from './delivery-channel.js';

/** Alerts to `ALERT_EMAIL`. */
@Injectable()
export class EmailChannel implements DeliveryChannel {
  readonly name = 'email';
  readonly standsAlone = true;

  constructor(
    private readonly environment: Environment,
    private readonly mailer: Mailer,
  ) {}

  wants(change: AlertChange): boolean {
    return this.environment.ALERT_EMAIL !== undefined && this.mailer.configured && isAnnounced(change);
  }

  async deliver({ deliveryId, alert }: Message): Promise<void> {
    const to = this.environment.ALERT_EMAIL;
    if (to === undefined) throw new Error('ALERT_EMAIL is unset');
    await this.mailer.send({ id: deliveryId, to, ...operatorMail(alert) });
  }
}
