import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { RepeatingTask } from '../clock/repeating-task.js';
import { SecretsRepository } from './secrets.repository.js';

/** Rows of one statement, few enough that it holds its locks for milliseconds. */
const BATCH = 1000;
const PAUSE_MS = 600_000;

/** Removes expired secrets; instances that do so at once skip each other's rows. */
@Injectable()
export class SecretsPurge implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(SecretsPurge.name, () => this.purge(), { pauseMs: PAUSE_MS });

  constructor(
    private readonly secrets: SecretsRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startDelayed();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Removes one batch; returns whether there may be more. */
  async purge(): Promise<boolean> {
    return (await this.secrets.purge(this.clock.now(), BATCH)) === BATCH;
  }
}
