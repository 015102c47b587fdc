import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter } from 'prom-client';
import { ALERT_KINDS, type AlertKind } from '../alerts/alert-kind.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { AlertDispatch } from '../alerts/alert-dispatch.js';
import { DELIVERY_CHANNELS, type DeliveryChannel, isAnnounced } from '../alerts/delivery-channel.js';
import { DELIVERY_OUTCOMES } from '../../platform/outbox/outbox-channel.js';
import { Leadership } from '../../platform/leader/leadership.js';
import { Metrics } from './metrics.js';

/**
 * Alerts and the outcomes of their deliveries, counted by the process concerned. Each counter starts at 0, because `increase`
 * does not see a series appear at 1. That does not help before the first scrape, so the rules in `deploy/` evaluate the counts
 * themselves after a start.
 */
@Injectable()
export class AlertMetrics implements OnModuleInit {
  private readonly alerts: Counter<'rule' | 'severity'>;
  private readonly deliveries: Counter<'channel' | 'outcome'>;

  constructor(
    metrics: Metrics,
    @Inject(ALERT_KINDS) kinds: readonly AlertKind[],
    @Inject(DELIVERY_CHANNELS) channels: readonly DeliveryChannel[],
    private readonly raiser: AlertRaiser,
    private readonly dispatch: AlertDispatch,
    leadership: Leadership,
  ) {
    this.alerts = new Counter({
      name: 'portcullis_alerts_total',
      help: 'Alerts that opened, reopened or rose in severity.',
      labelNames: ['rule', 'severity'],
      registers: [metrics.registry],
    });
    for (const { name, severity } of kinds) this.alerts.inc({ rule: name, severity }, 0);
    this.deliveries = new Counter({
      name: 'portcullis_alert_deliveries_total',
      help: 'Attempts to deliver alerts; dead ones are not retried.',
      labelNames: ['channel', 'outcome'],
      registers: [metrics.registry],
    });
    for (const { name: channel } of channels)
      for (const outcome of DELIVERY_OUTCOMES) this.deliveries.inc({ channel, outcome }, 0);
    metrics.addFigure(
      'portcullis_detection_leader',
      '1 in the process that runs detection, 0 in all others.',
      () => (leadership.isLeader ? 1 : 0),
    );
  }

  onModuleInit(): void {
    this.raiser.changes.subscribe((change) => {
      const { rule, severity } = change.alert;
      if (isAnnounced(change)) this.alerts.inc({ rule, severity });
    });
    this.dispatch.outcomes.subscribe((outcome) => this.deliveries.inc({ ...outcome }));
  }
}
