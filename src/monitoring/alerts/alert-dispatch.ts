import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type Observable, filter } from 'rxjs';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { DeliveryOutcome, NewMessage, OutboxChannel } from '../../platform/outbox/outbox-channel.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { type AlertBody, alertBody } from './alert-body.js';
import type { AlertChange } from './alert-change.js';
import { DELIVERY_CHANNELS, type DeliveryChannel } from './delivery-channel.js';
import type { Severity } from './severity.js';

const PRIORITY_OF = { critical: 'critical', warning: 'normal', info: 'low' } as const satisfies Record<
  Severity,
  NewMessage['priority']
>;

const SUBJECT = 'alert:';

/** Returns the subject of every message about an alert. */
export function subjectOfAlert(id: string): string {
  return SUBJECT + id;
}

/** Returns the id of the alert that a message is about, or null if it is about something else. */
export function alertOfSubject(subject: string): string | null {
  return subject.startsWith(SUBJECT) ? subject.slice(SUBJECT.length) : null;
}

/**
 * Writes the messages for changed alerts to the outbox, one for each channel that wants them, the most severe first.
 */
@Injectable()
export class AlertDispatch implements OnModuleInit {
  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: readonly DeliveryChannel[],
    private readonly outbox: Outbox,
  ) {}

  /** Emits the outcome of each attempt by this process to deliver an alert. */
  get outcomes(): Observable<DeliveryOutcome> {
    return this.outbox.outcomes.pipe(
      filter(({ channel }) => this.channels.some(({ name }) => name === channel)),
    );
  }

  onModuleInit(): void {
    for (const channel of this.channels) this.outbox.register(outboxChannel(channel));
  }

  /** Writes the messages in the transaction that changes the alerts. */
  async enqueue(tx: Transaction, changes: readonly AlertChange[]): Promise<void> {
    const owed = changes.flatMap((change) =>
      this.channels.filter((channel) => channel.wants(change)).map((channel) => message(change, channel)),
    );
    await this.outbox.enqueue(tx, owed);
  }

  /** Writes messages that already have ids. Messages of channels that no longer exist are dropped. */
  async adopt(
    tx: Transaction,
    messages: readonly { readonly id: string; readonly channel: string; readonly alert: AlertBody }[],
  ): Promise<void> {
    const known = messages.filter(({ channel }) => this.channels.some(({ name }) => name === channel));
    const owed = known.map(({ id, channel, alert }) => ({ id, channel, ...contentOf(alert) }));
    await this.outbox.enqueue(tx, owed);
  }
}

const contentOf = (alert: AlertBody) => ({
  subject: subjectOfAlert(alert.id),
  payload: alert,
  priority: PRIORITY_OF[alert.severity],
});

function outboxChannel(channel: DeliveryChannel): OutboxChannel {
  return {
    name: channel.name,
    sealed: false,
    deliver: ({ id, payload, signal }) =>
      channel.deliver({ deliveryId: id, alert: payload as AlertBody, signal }),
  };
}

function message(change: AlertChange, channel: DeliveryChannel): NewMessage {
  const { alert, finding } = change;
  const announced = finding.announced?.deliveries.find((delivery) => delivery.channel === channel.name);
  return {
    channel: channel.name,
    ...contentOf(channel.bodyOf?.(change) ?? alertBody(alert)),
    ...(announced && { id: announced.id, isDelivered: announced.delivered }),
  };
}
