import { Inject, Injectable } from '@nestjs/common';
import { AuditFeed } from '../../audit/feed/audit-feed.js';
import { Clock } from '../../platform/clock/clock.js';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { AlertKind, Finding } from '../alerts/alert-kind.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { RULES, type Rule } from '../rules/rule.js';
import { DetectionRun, type Slot } from './detection-run.js';
import { DetectionRepository, type KeptSlots, type StoredCursor } from './detection.repository.js';
import type { Cursor } from './position-codes.js';

/** Detection's position in the trail was changed outside the service, possibly to make detection skip events. */
export const TRAIL_POSITIONS_FORGED: AlertKind = {
  name: 'trail_positions_forged',
  severity: 'critical',
  quietSeconds: null,
  announcesEach: true,
};

/** Number of entries of the trail read at a time. */
export const PAGE = 500;
/** Number of entries read at a time to fill the windows. A busy hour has thousands of such pages, of some 5 ms each. */
const REFILL_PAGE = 200;

/** The position and the memory of a leader. */
export interface Progress {
  readonly run: DetectionRun;
  /** The value stored in PostgreSQL. */
  cursor: Cursor;
  /** Where to continue reading; ahead of the cursor after a part of the trail without events. */
  position: string;
}

/** Resumes detection on a new leader: reads the position from PostgreSQL and rebuilds the windows from the trail. */
@Injectable()
export class DetectionResumption {
  constructor(
    @Inject(RULES) private readonly rules: readonly Rule[],
    private readonly trail: AuditFeed,
    private readonly detection: DetectionRepository,
    private readonly raiser: AlertRaiser,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /**
   * Resumes where the last leader stopped. If the position was tampered with, resumes earlier and raises an alert. Throws the
   * reason of the signal if it aborts while the windows are filled.
   */
  async resume(signal: AbortSignal): Promise<Progress> {
    const cursor = await this.detection.cursor();
    const kept = await this.detection.slots({ uncoded: cursor.genuineness === 'uncoded' });
    if (cursor.genuineness === 'forged' || kept.forged > 0) return this.restart(cursor, kept);
    if (cursor.position === null) throw new Error('detection has no position to start from');
    if (cursor.genuineness === 'uncoded') await this.adopt(cursor, kept.slots);
    return this.refill({ cursor, position: cursor.position }, kept.slots, signal);
  }

  /** Adds the missing codes to rows of the previous version. */
  private async adopt(cursor: StoredCursor, slots: readonly Slot[]): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.detection.moveCursor(tx, cursor, cursor);
      await this.detection.saveSlots(tx, slots);
    });
  }

  /** Fills the windows with entries that have already been evaluated. */
  private async refill(
    place: { readonly cursor: Cursor; readonly position: string },
    slots: readonly Slot[],
    signal: AbortSignal,
  ): Promise<Progress> {
    const run = new DetectionRun(this.rules, slots, this.clock);
    const { entryId, entryTime } = place.cursor;
    // The clock of the instance that recorded the entry may have been ahead.
    const start = entryTime && run.startOf(slots, Math.min(entryTime.getTime(), this.clock.nowMs()));
    if (!start) return { ...place, run };
    const throttle = new WorkThrottle();
    for (let from = start.position; ;) {
      const { entries, position } = await this.trail.readAfter(from, REFILL_PAGE);
      const last = entries.findIndex(({ id }) => id === entryId);
      run.remember(last < 0 ? entries : entries.slice(0, last + 1));
      if (last >= 0) return { ...place, run };
      // Retention has dropped the entry, or a backup was restored. The windows start empty.
      if (entries.length === 0) return { ...place, run: new DetectionRun(this.rules, slots, this.clock) };
      await throttle.worked(entries.length);
      signal.throwIfAborted();
      from = position;
    }
  }

  /**
   * Restarts from an authentic slot. A slot is written in the transaction that evaluates its entries, so the newest
   * authentic one lies before all entries that have not been evaluated. Evaluation starts earlier still, by the
   * length of the longest window, because the windows are empty. Entries evaluated there before count twice, which is
   * better than missing them.
   */
  private async restart(found: StoredCursor, { slots, forged }: KeptSlots): Promise<Progress> {
    const newest = slots.at(-1);
    const start = newest && new DetectionRun(this.rules, [], this.clock).startOf(slots, newest.startMs);
    const earlier = start ? slots.filter(({ startMs }) => startMs < start.startMs) : [];
    const position = start?.position ?? this.trail.beginning;
    const cursor: Cursor = { position, entryId: null, entryTime: null };
    const finding = this.forgery(found.position, position, forged);
    await this.transactions.run(async (tx) => {
      const moved = await this.detection.moveCursor(tx, found, cursor);
      if (!moved) throw new Error('another instance has moved the position of detection');
      await this.detection.deleteSlots(tx);
      await this.detection.saveSlots(tx, earlier);
      await this.raiser.raise(tx, [finding]);
    });
    return { run: new DetectionRun(this.rules, earlier, this.clock), cursor, position };
  }

  private forgery(foundPosition: string | null, resumedAt: string, forgedSlots: number): Finding {
    const now = this.clock.now();
    return {
      kind: TRAIL_POSITIONS_FORGED,
      subject: 'detection',
      count: 1,
      firstSeenAt: now,
      lastSeenAt: now,
      evidence: {
        summary: `The stored position of detection was not written by this service; detection resumes at ${resumedAt}.`,
        foundPosition: foundPosition?.slice(0, 100) ?? null,
        resumedAt,
        forgedSlots,
      },
    };
  }
}
