import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { bodySignature, SIGNATURE_FIELD } from '../../platform/crypto/body-signature.js';
import { Environment } from '../../platform/config/environment.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { type DeliveryChannel, type Message, isAnnounced } from '../alerts/delivery-channel.js';
import { postJson } from './post-json.js';
import { slackMessage } from './slack-message.js';

/** Sends alerts to `ALERT_WEBHOOK_URL`. */
@Injectable()
export class WebhookChannel implements DeliveryChannel {
  readonly name = 'webhook';
  readonly standsAlone = true;

  constructor(
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  wants(change: AlertChange): boolean {
    return this.environment.ALERT_WEBHOOK_URL !== undefined && isAnnounced(change);
  }

  async deliver({ deliveryId, alert }: Message): Promise<void> {
    const {
      ALERT_WEBHOOK_URL: url,
      ALERT_WEBHOOK_SECRET: secret,
      ALERT_WEBHOOK_FORMAT: format,
    } = this.environment;
    if (url === undefined) throw new Error('ALERT_WEBHOOK_URL is unset');
    const body = JSON.stringify(format === 'slack' ? slackMessage(alert) : { ...alert, deliveryId });
    const unixSeconds = Math.floor(this.clock.nowMs() / 1000);
    await postJson(new URL(url), body, {
      'portcullis-delivery': deliveryId,
      ...(secret !== undefined && { [SIGNATURE_FIELD]: bodySignature(secret, unixSeconds, body) }),
    });
  }
}
