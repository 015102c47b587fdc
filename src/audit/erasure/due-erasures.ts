import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { ErasureProof, type ProofOutcome } from './erasure-proof.js';
import { type DueErasure, ErasuresRepository } from './erasures.repository.js';

/** Due erasures that are read at a time. An attacker may insert any number, due before those that were requested. */
const READ_AT_ONCE = 1000;
/** How many of them are proven by events at a time, each with a few queries. */
const BY_EVENTS_AT_ONCE = 20;
/** When one that nothing proves is looked at again; milliseconds. */
const POSTPONED_MS = 3_600_000;
/** When one that has failed is tried again, so that it is carried out within 20 s after a single failure; milliseconds. */
const RETRIED_MS = 10_000;
/** People whose erasure is reported as not proven. */
const MAX_REPORTED = 1000;

/** Erasures to carry out next, and whether others that are due should be looked at without a pause. */
export interface NextErasures {
  readonly erasures: readonly DueErasure[];
  readonly isMore: boolean;
  /** Why the proof of one could not be looked up; null if there was no such failure. */
  readonly failure: unknown;
}

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
   * Returns unfinished erasures that the service requested, the oldest first. The actor is the proven one. Others that
   * were looked at are logged, once, and postponed, so that they do not hold back those behind them.
   */
  async next(limit: number): Promise<NextErasures> {
    const due = await this.erasures.due(this.clock.now(), READ_AT_ONCE);
    const named = await this.proof.named(due.filter((erasure) => this.proof.known(erasure) === null));
    const proven: DueErasure[] = [];
    const postponed: DueErasure[] = [];
    const unfinished: DueErasure[] = [];
    let failure: unknown = null;
    let byEvents = 0;
    for (const erasure of due) {
      if (proven.length === limit) break;
      if (named.has(erasure.userId) && ++byEvents > BY_EVENTS_AT_ONCE) continue;
      try {
        const proof = await this.proofOf(erasure, named);
        if (proof === 'unproven') this.report(erasure.userId);
        if (typeof proof === 'object') proven.push({ ...erasure, ...proof });
        else (proof === 'unproven' ? postponed : unfinished).push(erasure);
      } catch (error) {
        postponed.push(erasure);
        failure = error;
      }
    }
    const isMore = await this.postpone(postponed, POSTPONED_MS);
    // Behind those that are due.
    await this.postpone(unfinished, 0);
    return { erasures: proven, isMore, failure };
  }

  /**
   * Postpones erasures that have failed behind those that are due. One that has made progress since it was read, or was
   * requested anew, keeps its place.
   */
  async retryLater(erasures: readonly DueErasure[]): Promise<void> {
    await this.postpone(erasures, RETRIED_MS);
  }

  /**
   * Notes that the event which states an erasure is sealed. Returns false if another instance has noted it, or if the
   * request was replaced meanwhile and no longer has that event.
   */
  async noteStated(userId: string, eventId: string): Promise<boolean> {
    return this.erasures.noteStated(userId, eventId, this.clock.now());
  }

  /** @param named about whom there are events */
  private async proofOf(erasure: DueErasure, named: ReadonlySet<string>): Promise<ProofOutcome> {
    const known = this.proof.known(erasure);
    if (known !== null) return known;
    return named.has(erasure.userId) ? this.proof.prove(erasure) : 'unproven';
  }

  private async postpone(erasures: readonly DueErasure[], byMs: number): Promise<boolean> {
    if (erasures.length === 0) return false;
    return (await this.erasures.postpone(erasures, new Date(this.clock.nowMs() + byMs))) > 0;
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
