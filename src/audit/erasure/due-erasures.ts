import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { ErasureProof } from './erasure-proof.js';
import { type Erasure, ErasuresRepository } from './erasures.repository.js';

/** People whose erasure is reported as not proven. An attacker may insert any number of rows. */
const MAX_REPORTED = 1000;

/** An erasure that is due, and whether the service requested it. */
export type DueErasure = Erasure & { readonly isRequested: boolean };

/** The erasures to carry out next. */
@Injectable()
export class DueErasures {
  private readonly logger = new Logger(DueErasures.name);
  private readonly reported = new Set<string>();

  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly proof: ErasureProof,
    private readonly clock: Clock,
  ) {}

  /** Returns whether an unfinished erasure is due, or entries may have come since late ones were searched for. */
  async hasWork(): Promise<boolean> {
    return this.erasures.hasWork(this.clock.now());
  }

  /**
   * Returns unfinished erasures, the oldest first, but those of the people in `last` at the end and in that order. The actor is
   * the proven one. One that the service did not request is logged, once.
   */
  async next(last: readonly string[], limit: number): Promise<DueErasure[]> {
    const due: DueErasure[] = [];
    for (const erasure of await this.erasures.due(this.clock.now(), last, limit)) {
      const proven = await this.proof.prove(erasure);
      if (proven === null) this.report(erasure.userId);
      due.push({ ...erasure, ...proven, isRequested: proven !== null });
    }
    return due;
  }

  /**
   * Notes that the event which states an erasure is sealed. Returns false if another instance has noted it, or if the
   * request was replaced meanwhile and no longer has that event.
   */
  async noteStated(userId: string, eventId: string): Promise<boolean> {
    return this.erasures.noteStated(userId, eventId, this.clock.now());
  }

  private report(userId: string): void {
    if (this.reported.has(userId) || this.reported.size === MAX_REPORTED) return;
    this.reported.add(userId);
    this.logger.error(
      { userId },
      "A row of the table erasures cannot be proven to be the service's, or names somebody with an account. Nothing is erased.",
    );
  }
}
