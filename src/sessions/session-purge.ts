import { Injectable } from '@nestjs/common';
import { InBackground } from '../platform/background/in-background.decorator.js';
import { RetentionClock } from '../platform/database/retention-clock.js';
import { SessionsRepository } from './sessions.repository.js';

const INTERVAL_MS = 3_600_000;
const BATCH = 1000;

/** An expired session is kept for a week, so that a late replay of its tokens can be distinguished from a forgery. */
const KEPT_MS = 7 * 86_400_000;

/** Deletes sessions a week after their expiry; instances that run at the same time skip each other's rows. */
@Injectable()
export class SessionPurge {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly clock: RetentionClock,
  ) {}

  /** Deletes one batch. Returns whether there may be more. */
  @InBackground({ pauseMs: INTERVAL_MS })
  async purge(): Promise<boolean> {
    return (await this.sessions.purge(await this.clock.ago(KEPT_MS), BATCH)) === BATCH;
  }
}
