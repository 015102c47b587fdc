import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import { NewestSeal } from './newest-seal.js';
import { SealsRepository } from './seals.repository.js';

/** How far the trail is sealed. */
export interface SealedSoFar {
  /** The number of the newest seal; 0 if there is none. */
  readonly number: number;
  /** How long the oldest unsealed entry has been waiting; 0 if there is none. Includes the duration of an outage. */
  readonly unsealedSeconds: number;
}

/**
 * Reports whether sealing makes progress. An entry that is not sealed can be removed without a trace, and to delay
 * sealing, an attacker need only hold the sealer's lock or keep a transaction open. Intended for a schedule: two
 * index probes per call.
 */
@Injectable()
export class SealProgress {
  /** The newest seal after which an entry was found waiting, and since when. */
  private waiting: { readonly number: number; readonly sinceMs: number } | null = null;

  constructor(
    private readonly seals: SealsRepository,
    private readonly newest: NewestSeal,
    private readonly clock: Clock,
  ) {}

  /** Throws `dependency_unavailable` if PostgreSQL is unavailable. */
  async read(): Promise<SealedSoFar> {
    const { number, oldest } = await onDatabase(() => this.waitingBehindNewest());
    const nowMs = this.clock.nowMs();
    if (oldest === null) {
      this.waiting = null;
      return { number, unsealedSeconds: 0 };
    }
    // The entry's own time is not yet proven. The observed wait exposes an entry that was inserted with a later time.
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
