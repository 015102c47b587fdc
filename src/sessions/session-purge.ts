import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { InBackground } from '../platform/background/in-background.decorator.js';
import { SessionsRepository } from './sessions.repository.js';

const INTERVAL_MS = 3_600_000;
const BATCH = 1000;

/** Days that an expired session is kept, so that a late replay of its tokens can be distinguished from a forgery. */
const KEPT_DAYS = 7;

/** Deletes sessions a week after their expiry; instances that run at the same time skip each other's rows. */
@Injectable()
export class SessionPurge {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly clock: Clock,
  ) {}

  /** Deletes one batch. Returns whether there may be more. */
  @InBackground({ pauseMs: INTERVAL_MS })
  async purge(): Promise<boolean> {
    const before = new Date(this.clock.nowMs() - KEPT_DAYS * 86_400_000);
    return (await this.sessions.purge(before, BATCH)) === BATCH;
  }
}
