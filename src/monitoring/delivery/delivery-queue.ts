import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { alertBody } from '../alerts/alert-body.js';
import { DELIVERY_CHANNELS, type DeliveryChannel } from './delivery-channel.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { Delivery } from './delivery.entity.js';

/** Writes down what is owed to whom, in the transaction of the change that causes it. */
@Injectable()
export class DeliveryQueue {
  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: readonly DeliveryChannel[],
    private readonly deliveries: DeliveriesRepository,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
  ) {}

  async enqueue(tx: Transaction, changes: readonly AlertChange[]): Promise<void> {
    const owed = changes.flatMap((change) =>
      this.channels
        .filter((channel) => channel.wants(change))
        .map((channel) => this.delivery(change, channel)),
    );
    if (owed.length > 0) await this.deliveries.insert(tx, owed);
  }

  private delivery(change: AlertChange, channel: DeliveryChannel): Delivery {
    const { alert, finding } = change;
    const now = this.clock.now();
    const announced = finding.announced?.deliveries.find((delivery) => delivery.channel === channel.name);
    return Object.assign(new Delivery(), {
      id: announced?.id ?? this.ids.next(),
      alertId: alert.id,
      channel: channel.name,
      alert: channel.bodyOf?.(change) ?? alertBody(alert),
      state: announced?.delivered ? 'delivered' : 'pending',
      attempts: 0,
      nextAttemptAt: now,
      createdAt: now,
      lastError: null,
    } satisfies Delivery);
  }
}
