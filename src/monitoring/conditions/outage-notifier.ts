import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { isDue } from '../../platform/clock/is-due.js';
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
/** The longest attempt, milliseconds. */
const ATTEMPT_MS = 30_000;

interface Attempt {
  readonly id: string;
  readonly channel: DeliveryChannel;
  state: 'due' | 'sending' | 'delivered';
  attempts: number;
  nextMs: number;
}

/** An alert whose row has not been written. */
interface Unwritten {
  finding: Finding;
  readonly body: AlertBody;
  readonly deliveries: readonly Attempt[];
  /** Whether its row is being written, with the state of its deliveries. */
  isBeingWritten: boolean;
}

/**
 * Announces alerts while PostgreSQL cannot store them: immediately in the log, and from memory over the channels that
 * need no database. The row is written afterwards under the same id, so that nothing already delivered is sent again.
 * Each instance sends its own notifications, because a shared coordinator could be made to suppress them.
 * Receivers recognise duplicates by the alert's id, which all instances derive alike.
 */
@Injectable()
export class OutageNotifier implements OnApplicationBootstrap, OnModuleDestroy {
  // A channel that hangs must not delay the others, and so the task does not wait for the attempts.
  private readonly task = new RepeatingTask(OutageNotifier.name, async () => void this.send(), {
    pauseMs: PAUSE_MS,
  });
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
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

  /** Aborts the attempts, which end within seconds. */
  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
    this.stopping.abort();
    await Promise.all(this.underWay);
  }

  /** Announces findings that began during this outage. Earlier findings that persist have already been sent. */
  announce(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (!this.update(finding) && finding.count > 0) this.begin(finding);
    }
    this.task.wake();
  }

  /**
   * Passes to `write` the findings that can be written now that PostgreSQL is available again: the given ones and those
   * announced before, whose delivery is then left to the outbox. A finding whose message is being sent is written by a
   * later call, and no message is sent while its finding is being written, because it would otherwise be sent twice.
   */
  async handOver(
    findings: readonly Finding[],
    write: (writable: readonly Finding[]) => Promise<void>,
  ): Promise<void> {
    const others = findings.filter((finding) => !this.update(finding));
    const announced = [...this.unwritten.values()].filter(({ deliveries }) =>
      deliveries.every(({ state }) => state !== 'sending'),
    );
    for (const one of announced) one.isBeingWritten = true;
    try {
      await write([...announced.map(withDeliveries), ...others]);
      for (const { finding } of announced) this.unwritten.delete(keyOf(finding));
    } finally {
      for (const one of announced) one.isBeingWritten = false;
    }
  }

  /** Starts all due attempts; resolves when they have ended. */
  async send(): Promise<void> {
    const nowMs = this.clock.nowMs();
    const sendable = [...this.unwritten.values()].filter(({ isBeingWritten }) => !isBeingWritten);
    const attempts = sendable.flatMap(({ body, deliveries }) =>
      deliveries
        .filter(({ state }) => state === 'due')
        .filter((delivery) => isDue(delivery.nextMs, nowMs, backoffMs(delivery.attempts, 0)))
        .map((delivery) => this.attempt(delivery, body, nowMs)),
    );
    for (const attempt of attempts) {
      this.underWay.add(attempt);
      void attempt.finally(() => this.underWay.delete(attempt));
    }
    await Promise.all(attempts);
  }

  private async attempt(delivery: Attempt, alert: AlertBody, nowMs: number): Promise<void> {
    delivery.state = 'sending';
    delivery.attempts += 1;
    try {
      const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(ATTEMPT_MS)]);
      await delivery.channel.deliver({ deliveryId: delivery.id, alert, signal });
      delivery.state = 'delivered';
    } catch {
      delivery.state = 'due';
      // No jitter is needed: it is useful only if many messages fail together.
      delivery.nextMs = nowMs + backoffMs(delivery.attempts, 0);
    }
  }

  /** Records that the cause of an announced alert persists. Returns false if the alert was not announced. */
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
    const body = alertBody(alert);
    this.unwritten.set(keyOf(finding), { finding, body, deliveries, isBeingWritten: false });
  }
}

/** Adds the messages sent about a finding, with their ids. */
function withDeliveries({ finding, deliveries }: Unwritten): Finding {
  const sent = deliveries.map(({ id, channel, state }) => ({
    id,
    channel: channel.name,
    delivered: state === 'delivered',
  }));
  return { ...finding, announced: { deliveries: sent } };
}

const keyOf = ({ kind, subject }: Finding) => `${kind.name} ${subject}`;
