import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import { NewestSeal } from './newest-seal.js';
import { SealsRepository } from './seals.repository.js';

/** How far the trail is sealed. */
export interface SealedSoFar {
  /** Of the newest seal; 0 when there is none. */
  readonly number: number;
  /** For how long the oldest entry has waited for its seal; 0 when none waits. After an outage, for as long as that was. */
  readonly unsealedSeconds: number;
}

/**
 * Tells whether sealing gets on: an entry that is not sealed can be removed without a trace, and whoever wants that
 * need only hold the sealer's lock, or a transaction open. For a schedule: two index probes at a time.
 */
@Injectable()
export class SealProgress {
  /** The newest seal behind which something was seen to wait, and since when. */
  private waiting: { readonly number: number; readonly sinceMs: number } | null = null;

  constructor(
    private readonly seals: SealsRepository,
    private readonly newest: NewestSeal,
    private readonly clock: Clock,
  ) {}

  /** Throws `dependency_unavailable` when PostgreSQL is away. */
  async read(): Promise<SealedSoFar> {
    const { number, oldest } = await onDatabase(() => this.waitingBehindNewest());
    const nowMs = this.clock.nowMs();
    if (oldest === null) {
      this.waiting = null;
      return { number, unsealedSeconds: 0 };
    }
    // What the entry says of its time is not proved yet: one that was put there to look young is known by the wait.
    if (this.waiting?.number !== number || this.waiting.sinceMs > nowMs)
      this.waiting = { number, sinceMs: nowMs };
    return { number, unsealedSeconds: (nowMs - Math.min(oldest.getTime(), this.waiting.sinceMs)) / 1000 };
  }

  private async waitingBehindNewest(): Promise<{ number: number; oldest: Date | null }> {
    const newest = await this.newest.read();
    return {
      number: newest?.number ?? 0,
      oldest: await this.seals.oldestFrom(newest?.toPosition ?? 0),
    };
  }
}
