import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { RepeatingTask } from '../clock/repeating-task.js';
import { OutboxRepository } from './outbox.repository.js';

const PAUSE_MS = 3_600_000;
const KEPT_MS = 30 * 86_400_000;
const BATCH = 1000;

/** Deletes messages that have been finished for 30 days, including dead letters. */
@Injectable()
export class OutboxRetention implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(OutboxRetention.name, () => this.enforce(), {
    pauseMs: PAUSE_MS,
  });

  constructor(
    private readonly messages: OutboxRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /**
   * Deletes one batch: an alert that fires for days leaves more rows than one statement can delete before its timeout.
   * Returns whether there may be more.
   */
  async enforce(): Promise<boolean> {
    const before = new Date(this.clock.nowMs() - KEPT_MS);
    return (await this.messages.deleteOverBefore(before, BATCH)) === BATCH;
  }
}
