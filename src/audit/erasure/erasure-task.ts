import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { DueErasures } from './due-erasures.js';
import { EntryErasure, ERASED_AT_ONCE } from './entry-erasure.js';
import { ErasureParticipants } from './erasure-participants.js';
import { ErasureStatement } from './erasure-statement.js';
import type { DueErasure } from './erasures.repository.js';
import { LateErasure } from './late-erasure.js';

/** People per run, and pages of each, so that one with many entries does not hold back the others, or late entries. */
const PER_RUN = 20;
const PAGES_PER_RUN = 10;

/**
 * Carries out erasures, on any instance: states each one in the trail, waits until the statement is sealed and was read by all
 * who store what they read in the trail, and then removes the person's data, first outside the trail and then in its entries.
 * Every step is a short transaction and can be repeated, so that an instance that ends in the middle leaves the rest to another
 * one.
 */
@Injectable()
export class ErasureTask implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(ErasureTask.name, () => this.run(), { pauseMs: 1000 });

  constructor(
    private readonly erasures: DueErasures,
    private readonly statement: ErasureStatement,
    private readonly participants: ErasureParticipants,
    private readonly entries: EntryErasure,
    private readonly late: LateErasure,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startWithPause();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /**
   * Carries out the erasures that are due, as far as their statements are sealed. Returns whether there is more to do
   * at once.
   */
  async run(): Promise<boolean> {
    if (!(await this.erasures.hasWork())) return false;
    const { erasures, ...next } = await this.erasures.next(PER_RUN);
    let { isMore, failure } = next;
    const failed: DueErasure[] = [];
    for (const erasure of erasures) {
      try {
        isMore = (await this.advance(erasure)) || isMore;
      } catch (error) {
        // One that cannot be carried out must not hold back the others, of this run and of later ones.
        failed.push(erasure);
        failure = error;
      }
    }
    await this.erasures.retryLater(failed);
    isMore = (await this.late.eraseNext()) || isMore;
    if (failure !== null) throw failure;
    return isMore;
  }

  private async advance(erasure: DueErasure): Promise<boolean> {
    const { userId, eventId, isStated, progress } = erasure;
    if (eventId === null) return this.repeated(() => this.statement.prepare(erasure));
    if (!isStated) {
      if (!(await this.statement.isSealed(eventId))) return false;
      if (!(await this.erasures.noteStated(userId, eventId))) return false;
    }
    if (progress === null) {
      if (!(await this.participants.hasRead(eventId))) return false;
      // Before the first entry, because that removes the accounts from the events.
      await this.participants.erase({ userId, accounts: await this.statement.accountsOf(userId) });
    }
    return this.repeated(() => this.entries.eraseNext(userId));
  }

  private async repeated(step: () => Promise<boolean>): Promise<boolean> {
    const throttle = new WorkThrottle();
    for (let pages = 0; pages < PAGES_PER_RUN; pages++) {
      if (!(await step())) return false;
      await throttle.worked(ERASED_AT_ONCE);
    }
    return true;
  }
}
