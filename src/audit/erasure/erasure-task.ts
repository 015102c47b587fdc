import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { EntryErasure } from './entry-erasure.js';
import { ErasureReach } from './erasure-reach.js';
import { ErasureStatement } from './erasure-statement.js';
import { type Erasure, ErasuresRepository } from './erasures.repository.js';

/** People erased per run, so that late entries are looked for in between. */
const PER_RUN = 20;

/**
 * Carries out erasures, on any instance: states each one in the trail, waits until the statement is sealed, and then removes
 * the person's data, first outside the trail and then in its entries. Every step can be repeated, so that an instance
 * that ends in the middle leaves the rest to another one.
 */
@Injectable()
export class ErasureTask implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ErasureTask.name);
  private readonly task = new RepeatingTask(ErasureTask.name, () => this.run(), { pauseMs: 1000 });

  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly statement: ErasureStatement,
    private readonly reach: ErasureReach,
    private readonly entries: EntryErasure,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Carries out the erasures that are due, as far as their statements are sealed. Returns whether late entries are left. */
  async run(): Promise<boolean> {
    if (!(await this.erasures.hasWork(this.clock.now()))) return false;
    let failure: unknown = null;
    for (const erasure of await this.erasures.due(this.clock.now(), PER_RUN)) {
      // One that cannot be carried out must not hold back the others.
      await this.erase(erasure).catch((error: unknown) => {
        failure = error;
      });
    }
    const isMore = await this.entries.eraseLate();
    if (failure !== null) throw failure;
    return isMore;
  }

  private async erase({ userId, isStated }: Erasure): Promise<void> {
    if (!isStated) {
      if (!(await this.statement.isSealed(userId))) return;
      await this.erasures.noteStated(userId, this.clock.now());
    }
    await this.reach.erase({ userId, accounts: await this.statement.accountsOf(userId) });
    await this.entries.eraseAll(userId);
    await this.erasures.finish(userId, this.clock.now());
    this.logger.log({ userId }, 'Erased the personal data of a deleted account');
  }
}
