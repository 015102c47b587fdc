import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { AuditFeed } from '../../audit/feed/audit-feed.js';
import {
  afterCommit,
  type Transaction,
  TransactionRunner,
} from '../../platform/database/transaction-runner.js';
import { untilAvailable } from '../../platform/database/until-available.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { DetectionResumption, PAGE, type Progress } from './detection-resumption.js';
import { RefusedEntries } from './refused-entries.js';
import { logSkipped } from './skipped-entry.js';
import { DetectionRepository } from './detection.repository.js';
import type { Cursor } from './position-codes.js';
import { Leadership } from '../../platform/leader/leadership.js';

const PAUSE_MS = 500;

/**
 * Reads the trail of all instances, evaluates it with the rules, and raises what they find. Runs on one leader, in
 * memory: an exact window needs every event in order, and no request waits for any of it. The alerts of a page and
 * the cursor after it are committed together, so that nothing is evaluated twice or skipped. After any failure, the
 * memory is discarded and rebuilt from the trail. Only an entry that cannot be evaluated, whatever is tried, is skipped
 * and logged.
 */
@Injectable()
export class DetectionService implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(DetectionService.name, () => this.step(), { pauseMs: PAUSE_MS });
  private readonly stopping = new AbortController();
  private readonly refused = new RefusedEntries();
  private progress: Progress | null = null;

  constructor(
    private readonly trail: AuditFeed,
    private readonly leadership: Leadership,
    private readonly detection: DetectionRepository,
    private readonly raiser: AlertRaiser,
    private readonly transactions: TransactionRunner,
    private readonly resumption: DetectionResumption,
  ) {}

  /** Runs before any request is served, so that on the very first start detection covers all requests. */
  async onModuleInit(): Promise<void> {
    await untilAvailable(() => this.beginAtEnd());
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  /** A new leader may still be reading a whole hour. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.task.stop();
  }

  /** Evaluates the next page if this instance is the leader. Returns whether there may be more. */
  async step(): Promise<boolean> {
    if (!this.leadership.isLeader) {
      this.progress = null;
      this.refused.forget();
      return false;
    }
    try {
      const progress = (this.progress ??= await this.resumption.resume(this.stopping.signal));
      const { pageSize } = this.refused;
      const { entries, position } = await this.trail.readAfter(progress.position, pageSize);
      if (entries.length > 0) await this.judgeCounted(progress, entries, position);
      else progress.position = position;
      return entries.length === pageSize;
    } catch (error) {
      this.progress = null;
      if (this.stopping.signal.aborted) return false;
      throw error;
    }
  }

  /**
   * Continues at a position of the trail with empty windows. What is being evaluated is committed before, or not at all, so that
   * the transaction finds the alerts of everything earlier if it looks for them afterwards.
   */
  async startAt(tx: Transaction, position: string): Promise<void> {
    await this.detection.placeCursor(tx, { position, entryId: null, entryTime: null });
    await this.detection.deleteSlots(tx);
    afterCommit(tx, () => {
      this.progress = null;
    });
  }

  /** Begins at the end of the trail if no instance has begun yet. */
  private async beginAtEnd(): Promise<void> {
    const cursor = await this.detection.cursor();
    if (cursor.position !== null || cursor.genuineness === 'forged') return;
    const { position } = await this.trail.readAfter(null, PAGE);
    await this.transactions.run((tx) => this.detection.moveCursor(tx, cursor, { ...cursor, position }));
  }

  private async judgeCounted(
    progress: Progress,
    entries: readonly AuditEntry[],
    position: string,
  ): Promise<void> {
    try {
      await this.judge(progress, entries, position);
    } catch (error) {
      this.refused.failed(error);
      throw error;
    }
    this.refused.passed();
  }

  private async judge(progress: Progress, entries: readonly AuditEntry[], position: string): Promise<void> {
    const { isSkipping } = this.refused;
    const { findings, slots } = isSkipping
      ? { findings: [], slots: [] }
      : progress.run.judge(entries, progress.position);
    const last = entries.at(-1)!;
    const next: Cursor = { position, entryId: last.id, entryTime: new Date(last.time) };
    await this.transactions.run(async (tx) => {
      await this.move(tx, progress.cursor, next);
      await this.detection.saveSlots(tx, slots);
      await this.raiser.raise(tx, findings);
    });
    if (isSkipping) logSkipped(last.id);
    progress.cursor = next;
    progress.position = position;
  }

  private async move(tx: Transaction, from: Cursor, to: Cursor): Promise<void> {
    const moved = await this.detection.moveCursor(tx, from, to);
    if (!moved) throw new Error('another instance has evaluated these entries');
  }
}
