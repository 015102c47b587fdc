import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { type AlertBody, alertBody } from '../alerts/alert-body.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { AlertIds } from '../alerts/alert-ids.js';
import type { Finding } from '../alerts/alert-kind.js';
import { open } from '../alerts/alert-lifecycle.js';
import { AlertLog } from '../delivery/alert-log.js';
import { DELIVERY_CHANNELS, type DeliveryChannel } from '../alerts/delivery-channel.js';
import { backoffMs } from '../../platform/outbox/backoff.js';

const PAUSE_MS = 1_000;

interface Attempt {
  readonly id: string;
  readonly channel: DeliveryChannel;
  state: 'due' | 'sending' | 'delivered';
  attempts: number;
  nextMs: number;
}

/** An alert without a row. */
interface Unwritten {
  finding: Finding;
  readonly body: AlertBody;
  readonly deliveries: readonly Attempt[];
}

/**
 * Makes alerts known while PostgreSQL cannot take them: to the log at once, and from memory to the channels that need no
 * database. The row is written afterwards under the same id, so that nothing that arrived is sent again. Each instance
 * notifies for itself, because nothing that it could ask in between may be able to silence it (issue 16); receivers
 * recognise the alert by its id, which all instances derive alike.
 */
@Injectable()
export class OutageNotifier implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(OutageNotifier.name, () => this.send(), { pauseMs: PAUSE_MS });
  private readonly unwritten = new Map<string, Unwritten>();

  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: readonly DeliveryChannel[],
    private readonly log: AlertLog,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
    private readonly alertIds: AlertIds,
  ) {}

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Announces the findings that began in this outage; earlier ones that persist have been sent already. */
  announce(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (!this.update(finding) && finding.count > 0) this.begin(finding);
    }
    this.task.wake();
  }

  /**
   * The findings that can be written now that PostgreSQL is back: the given ones, and those announced before. One of
   * which a message is under way waits, because it would be sent a second time; it is returned by a later call.
   */
  writable(findings: readonly Finding[]): Finding[] {
    const others = findings.filter((finding) => !this.update(finding));
    const announced = [...this.unwritten.values()].filter(({ deliveries }) =>
      deliveries.every(({ state }) => state !== 'sending'),
    );
    return [...announced.map(withDeliveries), ...others];
  }

  /** Hands the written findings over to the outbox. */
  forget(written: readonly Finding[]): void {
    for (const finding of written) this.unwritten.delete(keyOf(finding));
  }

  /** Attempts what is due. */
  async send(): Promise<void> {
    const nowMs = this.clock.nowMs();
    const attempts = [...this.unwritten.values()].flatMap(({ body, deliveries }) =>
      deliveries
        .filter(({ state, nextMs }) => state === 'due' && nextMs <= nowMs)
        .map((delivery) => this.attempt(delivery, body, nowMs)),
    );
    await Promise.all(attempts);
  }

  private async attempt(delivery: Attempt, alert: AlertBody, nowMs: number): Promise<void> {
    delivery.state = 'sending';
    delivery.attempts += 1;
    try {
      await delivery.channel.deliver({ deliveryId: delivery.id, alert });
      delivery.state = 'delivered';
    } catch {
      delivery.state = 'due';
      // Without jitter, which is for many messages that fail together.
      delivery.nextMs = nowMs + backoffMs(delivery.attempts, 0);
    }
  }

  /** Notes that the cause of an announced alert lasts; returns false for one that was not announced. */
  private update(finding: Finding): boolean {
    const alert = this.unwritten.get(keyOf(finding));
    if (!alert) return false;
    const { lastSeenAt, evidence } = finding;
    alert.finding = { ...alert.finding, lastSeenAt, evidence };
    return true;
  }

  private begin(finding: Finding): void {
    const alert = open(this.alertIds.of(finding.kind.name, finding.subject), finding);
    const change: AlertChange = { alert, transition: 'opened', finding };
    this.log.write(change);
    const channels = this.channels.filter((channel) => channel.standsAlone && channel.wants(change));
    const deliveries = channels.map((channel): Attempt => ({
      id: this.ids.next(),
      channel,
      state: 'due',
      attempts: 0,
      nextMs: 0,
    }));
    this.unwritten.set(keyOf(finding), { finding, body: alertBody(alert), deliveries });
  }
}

/** The finding with what was sent of it, under which ids. */
function withDeliveries({ finding, deliveries }: Unwritten): Finding {
  const sent = deliveries.map(({ id, channel, state }) => ({
    id,
    channel: channel.name,
    delivered: state === 'delivered',
  }));
  return { ...finding, announced: { deliveries: sent } };
}

const keyOf = ({ kind, subject }: Finding) => `${kind.name} ${subject}`;
