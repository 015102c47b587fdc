import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import { MailTemplates } from '../../platform/mail/mail-templates.js';
import { Mailer } from '../../platform/mail/mailer.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { type DeliveryChannel, type Message, isAnnounced } from '../alerts/delivery-channel.js';
import { operatorMail } from '../mails/alert-mails.js';

/** Sends alerts to `ALERT_EMAIL`. */
@Injectable()
export class EmailChannel implements DeliveryChannel {
  readonly name = 'email';
  readonly standsAlone = true;

  constructor(
    private readonly environment: Environment,
    private readonly mailer: Mailer,
    private readonly templates: MailTemplates,
  ) {}

  wants(change: AlertChange): boolean {
    return this.environment.ALERT_EMAIL !== undefined && this.mailer.configured && isAnnounced(change);
  }

  async deliver({ deliveryId, alert, signal }: Message): Promise<void> {
    const { ALERT_EMAIL: to, PRODUCT_NAME } = this.environment;
    if (to === undefined) throw new Error('ALERT_EMAIL is unset');
    const mail = operatorMail(this.templates, PRODUCT_NAME, alert);
    await this.mailer.send({ id: deliveryId, to, ...mail, link: null, code: null }, signal);
  }
}
