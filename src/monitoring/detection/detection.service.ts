import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { AuditFeed } from '../../audit/feed/audit-feed.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import type { Rule } from '../rules/rule.js';
import { DetectionRun } from './detection-run.js';
import { type Cursor, DetectionRepository } from './detection.repository.js';
import { Leadership } from '../../platform/leader/leadership.js';

/** The injection token of the rules over the trail. */
export const RULES = Symbol('portcullis.rules');

const PAUSE_MS = 500;
const PAGE = 500;

interface Progress {
  readonly run: DetectionRun;
  /** As it stands in PostgreSQL. */
  cursor: Cursor;
  /** Where to read on; ahead of the cursor after a stretch of the trail without events. */
  position: string;
}

/**
 * Reads the trail of all instances, judges it by the rules, and raises what they find. One leader does it, in
 * memory: an exact window needs every event in order, and no request waits for any of it. The alerts of a page
 * and the cursor behind it commit together, so that nothing is judged twice and nothing is skipped; whatever goes
 * wrong, the memory is thrown away and filled again from the trail.
 */
@Injectable()
export class DetectionService implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(DetectionService.name, () => this.step(), { pauseMs: PAUSE_MS });
  private progress: Progress | null = null;

  constructor(
    @Inject(RULES) private readonly rules: readonly Rule[],
    private readonly trail: AuditFeed,
    private readonly leadership: Leadership,
    private readonly detection: DetectionRepository,
    private readonly raiser: AlertRaiser,
    private readonly transactions: TransactionRunner,
  ) {}

  /** On the very first start detection begins with the first request: this runs before any is served. */
  async onModuleInit(): Promise<void> {
    const cursor = await this.detection.cursor();
    if (cursor.position !== null) return;
    const { position } = await this.trail.readAfter(null, PAGE);
    await this.transactions.run((tx) => this.detection.moveCursor(tx, cursor, { ...cursor, position }));
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Judges the next page when this instance leads; returns whether there may be more. */
  async step(): Promise<boolean> {
    if (!this.leadership.isLeader) {
      this.progress = null;
      return false;
    }
    try {
      this.progress ??= await this.resume();
      const { entries, position } = await this.trail.readAfter(this.progress.position, PAGE);
      if (entries.length > 0) await this.judge(this.progress, entries, position);
      else this.progress.position = position;
      return entries.length === PAGE;
    } catch (error) {
      this.progress = null;
      throw error;
    }
  }

  /** Takes up where the last leader stopped, with its windows filled again from the trail. */
  private async resume(): Promise<Progress> {
    const [cursor, slots] = await Promise.all([this.detection.cursor(), this.detection.slots()]);
    const run = new DetectionRun(this.rules, slots);
    if (cursor.position === null) throw new Error('detection has not been given a place to begin at');
    const progress: Progress = { run, cursor, position: cursor.position };
    const start = cursor.entryTime && run.startOf(slots, cursor.entryTime.getTime());
    if (!start) return progress;
    for (let from = start.position; ;) {
      const { entries, position } = await this.trail.readAfter(from, PAGE);
      const last = entries.findIndex(({ id }) => id === cursor.entryId);
      run.remember(last < 0 ? entries : entries.slice(0, last + 1));
      if (last >= 0) return progress;
      // Retention has dropped the entry, or a backup was restored: the windows begin empty.
      if (entries.length === 0) return { ...progress, run: new DetectionRun(this.rules, slots) };
      from = position;
    }
  }

  private async judge(progress: Progress, entries: readonly AuditEntry[], position: string): Promise<void> {
    const { findings, slots } = progress.run.judge(entries, progress.position);
    const last = entries.at(-1)!;
    const next: Cursor = { position, entryId: last.id, entryTime: new Date(last.time) };
    await this.transactions.run(async (tx) => {
      await this.move(tx, progress.cursor, next);
      await this.detection.addToSlots(tx, slots);
      await this.raiser.raise(tx, findings);
    });
    progress.cursor = next;
    progress.position = position;
  }

  private async move(tx: Transaction, from: Cursor, to: Cursor): Promise<void> {
    const moved = await this.detection.moveCursor(tx, from, to);
    if (!moved) throw new Error('another instance has judged these entries');
  }
}
