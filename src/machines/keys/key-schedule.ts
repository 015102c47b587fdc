import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { RetentionClock } from '../../platform/database/retention-clock.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { KeyChangesRepository } from './key-changes.repository.js';
import { KeyNotices } from './key-notices.js';
import { KeyScheduleRepository } from './key-schedule.repository.js';

const INTERVAL_MS = 3_600_000;
const BATCH = 100;
const DAY_MS = 86_400_000;

/** Days before its end at which a key's owner is told; the nearest first, so that a late run sends one mail and not two. */
const NOTICES_DAYS = [3, 14];

/** Days that a key is kept after its end, so that its use can be told from that of a key that never existed. */
const KEPT_DAYS = 30;

/** Tells owners of keys that expire soon, and deletes keys that ended long ago, every hour. */
@Injectable()
export class KeySchedule {
  /** Where the feed of changes was before the last pause; all instances have read what came before. */
  private readUntil: string | null = null;

  constructor(
    private readonly keys: KeyScheduleRepository,
    private readonly changes: KeyChangesRepository,
    private readonly notices: KeyNotices,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly retention: RetentionClock,
  ) {}

  /** Takes one batch of the first of these that has a full one. Returns whether there may be more. */
  @InBackground({ pauseMs: INTERVAL_MS })
  async run(): Promise<boolean> {
    for (const days of NOTICES_DAYS) if ((await this.notify(days)) === BATCH) return true;
    const before = await this.retention.ago(KEPT_DAYS * DAY_MS);
    if ((await this.keys.purge(before, BATCH)) === BATCH) return true;
    if (this.readUntil !== null) await this.changes.purge(this.readUntil);
    this.readUntil = (await this.changes.since(null)).horizon;
    return false;
  }

  private async notify(days: number): Promise<number> {
    return this.transactions.run(async (tx) => {
      const { taken, keys } = await this.keys.takeExpiring(tx, days, this.clock.now(), BATCH);
      for (const key of keys) {
        const left = Math.max(1, Math.round((key.expiresAt.getTime() - this.clock.nowMs()) / DAY_MS));
        await this.notices.expiring(tx, { ...key, id: key.userId }, key, left);
      }
      return taken;
    });
  }
}
