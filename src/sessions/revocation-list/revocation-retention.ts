import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { RevocationListRepository } from './revocation-list.repository.js';

const PAUSE_MS = 60_000;
const BATCH = 1000;

/** How long a revocation is kept after the last token has expired, because the clocks of verifiers differ. */
const KEPT_SECONDS = 60;

/** Deletes revocations that no token is concerned by any more, oldest first. */
@Injectable()
export class RevocationRetention implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(RevocationRetention.name, () => this.enforce(), {
    pauseMs: PAUSE_MS,
  });

  constructor(private readonly list: RevocationListRepository) {}

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /**
   * Deletes one batch. Returns whether there may be more. Only numbered revocations are deleted, so those that nobody has
   * read yet are numbered first.
   */
  async enforce(): Promise<boolean> {
    await this.list.number();
    return (await this.list.deleteOldest(KEPT_SECONDS, BATCH)) === BATCH;
  }
}
