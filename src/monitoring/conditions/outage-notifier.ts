import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { alertBody } from '../alerts/alert-body.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { AlertIds } from '../alerts/alert-ids.js';
import type { Finding } from '../alerts/alert-kind.js';
import { open } from '../alerts/alert-lifecycle.js';
import { AlertLog } from '../delivery/alert-log.js';
import { DELIVERY_CHANNELS, type DeliveryChannel } from '../alerts/delivery-channel.js';
import { OutageClaims } from './outage-claims.js';
import { PendingAlert } from './pending-alert.js';

const PAUSE_MS = 1_000;

/**
 * Makes alerts known while PostgreSQL is away: to the log at once, and from memory to the channels that need no
 * database, with the patience of the outbox. What it sent keeps its ids when the rows are written afterwards, so
 * that nothing that arrived is sent again.
 */
@Injectable()
export class OutageNotifier implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(OutageNotifier.name, () => this.send(), { pauseMs: PAUSE_MS });
  /** Alerts whose cause began in this outage; null where another instance speaks. */
  private readonly begun = new Map<string, PendingAlert | null>();

  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: readonly DeliveryChannel[],
    private readonly log: AlertLog,
    private readonly claims: OutageClaims,
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

  /** Takes findings that cannot be written now, and makes known those whose cause began in this outage. */
  async announce(findings: readonly Finding[]): Promise<void> {
    for (const finding of findings) {
      const key = keyOf(finding);
      // A cause that goes on from before the outage has been written and sent already.
      if (finding.count === 0 && !this.begun.has(key)) continue;
      const isOurs = await this.claims.take(key);
      const alert = this.begun.get(key) ?? (isOurs ? this.begin(finding) : null);
      alert?.goesOn(finding);
      this.begun.set(key, alert);
    }
    this.task.wake();
  }

  /** What is to be written now that PostgreSQL is back; nothing while a message is under way. */
  pending(): Finding[] {
    const alerts = [...this.begun.values()].filter((alert) => alert !== null);
    return alerts.some(({ isSending }) => isSending) ? [] : alerts.map((alert) => alert.written());
  }

  /** All of it is written; the outbox takes over. */
  forget(): void {
    for (const [key, alert] of this.begun) if (alert) this.begun.delete(key);
  }

  /**
   * The findings that may be written in the ordinary way now that PostgreSQL is back. Not those of which a message is
   * still under way, or which another instance has announced and not written yet: they would be told once more.
   */
  async release(findings: readonly Finding[]): Promise<Finding[]> {
    const free: Finding[] = [];
    for (const finding of findings) {
      const key = keyOf(finding);
      const alert = this.begun.get(key);
      if (alert) alert.goesOn(finding);
      else if (!this.begun.has(key) || (await this.claims.take(key))) {
        this.begun.delete(key);
        free.push(finding);
      }
    }
    return free;
  }

  /** Attempts what is due. */
  async send(): Promise<void> {
    const nowMs = this.clock.nowMs();
    await Promise.all([...this.begun.values()].flatMap((alert) => alert?.send(nowMs) ?? []));
  }

  private begin(finding: Finding): PendingAlert {
    const alert = open(this.alertIds.of(finding.kind.name, finding.subject), finding);
    const change: AlertChange = { alert, transition: 'opened', finding };
    this.log.write(change);
    const channels = this.channels.filter((channel) => channel.standsAlone && channel.wants(change));
    const deliveries = channels.map((channel) => ({ id: this.ids.next(), channel }));
    return new PendingAlert(alertBody(alert), finding, deliveries);
  }
}

const keyOf = ({ kind, subject }: Finding) => `${kind.name} ${subject}`;
