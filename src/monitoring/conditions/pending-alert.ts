import type { AlertBody } from '../alerts/alert-body.js';
import type { Finding } from '../alerts/alert-kind.js';
import { backoffMs } from '../../platform/outbox/backoff.js';
import type { DeliveryChannel } from '../alerts/delivery-channel.js';

interface Attempted {
  readonly id: string;
  readonly channel: DeliveryChannel;
  delivered: boolean;
  attempts: number;
  nextMs: number;
}

/** An alert that is made known before there is a row for it. */
export class PendingAlert {
  private readonly deliveries: Attempted[];
  private attemptsUnderWay = 0;

  constructor(
    private readonly body: AlertBody,
    private finding: Finding,
    deliveries: readonly { id: string; channel: DeliveryChannel }[],
  ) {
    this.deliveries = deliveries.map((delivery) => ({
      ...delivery,
      delivered: false,
      attempts: 0,
      nextMs: 0,
    }));
  }

  get isSending(): boolean {
    return this.attemptsUnderWay > 0;
  }

  /** The cause lasts. */
  goesOn({ lastSeenAt, evidence }: Finding): void {
    this.finding = { ...this.finding, lastSeenAt, evidence };
  }

  /** Attempts the deliveries that are due, all at once. */
  async send(nowMs: number): Promise<void> {
    const due = this.deliveries.filter(({ delivered, nextMs }) => !delivered && nextMs <= nowMs);
    await Promise.all(due.map((delivery) => this.attempt(delivery, nowMs)));
  }

  /** The finding to write, with what was sent of it under which ids. */
  written(): Finding {
    const deliveries = this.deliveries.map(({ id, channel, delivered }) => ({
      id,
      channel: channel.name,
      delivered,
    }));
    return { ...this.finding, announced: { deliveries } };
  }

  private async attempt(delivery: Attempted, nowMs: number): Promise<void> {
    this.attemptsUnderWay += 1;
    delivery.attempts += 1;
    try {
      await delivery.channel.deliver({ deliveryId: delivery.id, alert: this.body });
      delivery.delivered = true;
    } catch {
      // Jitter is for the many that fail together; here it is one process with one message.
      delivery.nextMs = nowMs + backoffMs(delivery.attempts, 0);
    } finally {
      this.attemptsUnderWay -= 1;
    }
  }
}
