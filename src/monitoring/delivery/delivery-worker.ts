import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { Randomness } from '../../platform/crypto/randomness.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { GIVE_UP_AFTER_MS, backoffMs } from './backoff.js';
import { DELIVERY_CHANNELS, type DeliveryChannel, type SUPPRESSED } from './delivery-channel.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import type { Delivery } from './delivery.entity.js';

/** How one attempt to deliver ended; `failed` is tried again, `dead` is not. */
export interface DeliveryOutcome {
  readonly channel: string;
  readonly outcome: 'delivered' | typeof SUPPRESSED | 'failed' | 'dead';
}

const PAUSE_MS = 1_000;
/** Longer than any channel's own timeout. */
const LEASE_MS = 30_000;
/** Deliveries of one channel under way at a time, so that one that hangs does not hold up the others for long. */
const PARALLEL = 10;
const ERROR_LENGTH = 500;

/**
 * Sends what is owed, each channel in a loop of its own, so that a slow receiver holds up nobody else. Any number
 * of instances may run it: each delivery is with one worker at a time. At least once, under a stable id.
 */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DeliveryWorker.name);
  private readonly outcomesSubject = new Subject<DeliveryOutcome>();
  private readonly tasks: RepeatingTask[];

  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: readonly DeliveryChannel[],
    private readonly deliveries: DeliveriesRepository,
    private readonly raiser: AlertRaiser,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {
    this.tasks = channels.map(
      (channel) =>
        new RepeatingTask(`Delivery ${channel.name}`, () => this.drain(channel), { pauseMs: PAUSE_MS }),
    );
  }

  get outcomes(): Observable<DeliveryOutcome> {
    return this.outcomesSubject;
  }

  onApplicationBootstrap(): void {
    this.raiser.changes.subscribe(() => this.tasks.forEach((task) => task.wake()));
    this.tasks.forEach((task) => task.start());
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }

  /** Attempts what is due for a channel, and returns whether more may be. */
  async drain(channel: DeliveryChannel): Promise<boolean> {
    const now = this.clock.nowMs();
    const due = await this.deliveries.claim(channel.name, new Date(now), new Date(now + LEASE_MS), PARALLEL);
    await Promise.all(due.map((delivery) => this.attempt(channel, delivery)));
    return due.length === PARALLEL;
  }

  private async attempt(channel: DeliveryChannel, delivery: Delivery): Promise<void> {
    let state: 'delivered' | typeof SUPPRESSED;
    try {
      state = (await channel.deliver({ deliveryId: delivery.id, alert: delivery.alert })) ?? 'delivered';
    } catch (error) {
      return this.postpone(delivery, error instanceof Error ? error.message : String(error));
    }
    await this.deliveries.update(delivery.id, { state, lastError: null });
    this.outcomesSubject.next({ channel: channel.name, outcome: state });
  }

  private async postpone({ id, channel, attempts, createdAt }: Delivery, error: string): Promise<void> {
    const random = this.randomness.bytes(1).readUInt8() / 255;
    const nextAttemptAt = new Date(this.clock.nowMs() + backoffMs(attempts, random));
    const isDead = nextAttemptAt.getTime() - createdAt.getTime() > GIVE_UP_AFTER_MS;
    const lastError = error.slice(0, ERROR_LENGTH);
    await this.deliveries.update(id, isDead ? { state: 'dead', lastError } : { nextAttemptAt, lastError });
    this.outcomesSubject.next({ channel, outcome: isDead ? 'dead' : 'failed' });
    if (attempts === 1)
      this.logger.warn(`Delivery ${id} by ${channel} failed and will be repeated: ${lastError}`);
    if (isDead)
      this.logger.error(`Delivery ${id} by ${channel} was given up after ${attempts} attempts: ${lastError}`);
  }
}
