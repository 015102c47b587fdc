import { Injectable } from '@nestjs/common';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { OutboxRepository } from '../../platform/outbox/outbox.repository.js';
import { Metrics } from './metrics.js';

/** A usual interval of scrapes. */
const PAUSE_MS = 15_000;

/**
 * How long messages have been waiting in the outbox. Read from PostgreSQL every 15 seconds, so that scrapes do not wait for it;
 * the same in all processes.
 */
@Injectable()
export class OutboxMetrics {
  private pendingSeconds: Readonly<Record<string, number>> = {};

  constructor(
    metrics: Metrics,
    outbox: Outbox,
    private readonly messages: OutboxRepository,
  ) {
    metrics.addFigures(
      'portcullis_outbox_oldest_pending_seconds',
      'Time for which the oldest undelivered message of a channel has been waiting; 0 if there is none.',
      'channel',
      () => Object.fromEntries(outbox.channels.map(({ name }) => [name, this.pendingSeconds[name] ?? 0])),
      'max',
    );
  }

  @InBackground({ pauseMs: PAUSE_MS, startsAtOnce: true })
  async read(): Promise<void> {
    this.pendingSeconds = await this.messages.pendingSeconds();
  }
}
