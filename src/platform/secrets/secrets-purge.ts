import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { RepeatingTask } from '../clock/repeating-task.js';
import { SecretsRepository } from './secrets.repository.js';

/** Rows deleted by one statement; few enough that it holds its locks only for milliseconds. */
const BATCH = 1000;
const PAUSE_MS = 600_000;

/** Deletes expired secrets. Instances that run at the same time skip each other's rows. */
@Injectable()
export class SecretsPurge implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(SecretsPurge.name, () => this.purge(), { pauseMs: PAUSE_MS });

  constructor(
    private readonly secrets: SecretsRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Deletes one batch. Returns whether there may be more. */
  async purge(): Promise<boolean> {
    return (await this.secrets.purge(this.clock.now(), BATCH)) === BATCH;
  }
}
