import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter } from 'prom-client';
import { filter } from 'rxjs';
import { MAIL_CHANNEL } from '../../platform/mail/mail-outbox.js';
import { DELIVERY_OUTCOMES } from '../../platform/outbox/outbox-channel.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { Metrics } from './metrics.js';

/**
 * Counts the outcomes of attempts to send mails to users, by the process concerned. Those of mails about alerts are counted
 * with the other channels of alerts.
 */
@Injectable()
export class MailMetrics implements OnModuleInit {
  private readonly deliveries: Counter<'outcome'>;

  constructor(
    metrics: Metrics,
    private readonly outbox: Outbox,
  ) {
    this.deliveries = new Counter({
      name: 'portcullis_mail_deliveries_total',
      help: 'Attempts to send mails to users; dead ones are not retried.',
      labelNames: ['outcome'],
      registers: [metrics.registry],
    });
    for (const outcome of DELIVERY_OUTCOMES) this.deliveries.inc({ outcome }, 0);
  }

  onModuleInit(): void {
    this.outbox.outcomes
      .pipe(filter(({ channel }) => channel === MAIL_CHANNEL))
      .subscribe(({ outcome }) => this.deliveries.inc({ outcome }));
  }
}
