import { Injectable } from '@nestjs/common';
import { InBackground } from '../background/in-background.decorator.js';
import { RetentionClock } from '../database/retention-clock.js';
import { OutboxRepository } from './outbox.repository.js';

const PAUSE_MS = 3_600_000;
const KEPT_MS = 30 * 86_400_000;
const BATCH = 1000;

/** Deletes finished messages, including dead letters, 30 days after they were written. */
@Injectable()
export class OutboxRetention {
  constructor(
    private readonly messages: OutboxRepository,
    private readonly clock: RetentionClock,
  ) {}

  /**
   * Deletes one batch: an alert that fires for days leaves more rows than one statement can delete before its timeout.
   * Returns whether there may be more.
   */
  @InBackground({ pauseMs: PAUSE_MS })
  async enforce(): Promise<boolean> {
    return (await this.messages.deleteOverBefore(await this.clock.ago(KEPT_MS), BATCH)) === BATCH;
  }
}
