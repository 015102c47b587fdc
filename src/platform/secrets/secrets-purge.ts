import { Injectable } from '@nestjs/common';
import { InBackground } from '../background/in-background.decorator.js';
import { RetentionClock } from '../database/retention-clock.js';
import { GIVE_UP_AFTER_MS } from '../outbox/backoff.js';
import { SecretsRepository } from './secrets.repository.js';

/** Rows deleted by one statement; few enough that it holds its locks only for milliseconds. */
const BATCH = 1000;
const PAUSE_MS = 600_000;

/**
 * Deletes expired secrets, those that were sent a day later, so that a mail that could not be delivered in time is not taken for
 * one whose secret was used. Instances that run at the same time skip each other's rows.
 */
@Injectable()
export class SecretsPurge {
  constructor(
    private readonly secrets: SecretsRepository,
    private readonly clock: RetentionClock,
  ) {}

  /** Deletes one batch. Returns whether there may be more. */
  @InBackground({ pauseMs: PAUSE_MS })
  async purge(): Promise<boolean> {
    const now = await this.clock.ago(0);
    // Until its mail is no longer retried.
    const sentBy = new Date(now.getTime() - GIVE_UP_AFTER_MS);
    return (await this.secrets.purge(now, sentBy, BATCH)) === BATCH;
  }
}
