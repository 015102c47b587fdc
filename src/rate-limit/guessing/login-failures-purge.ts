import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { LoginFailuresRepository } from './login-failures.repository.js';

/**
 * Days after which a few failures are forgotten; otherwise every mistyped address would be kept for ever. A guesser
 * this patient has 9 guesses in 90 days. What has reached a wait stays until a login or an operator resets it.
 */
const FORGET_AFTER_DAYS = 90;

/** A batch a minute forgets more than a million rows a day, and none keeps others waiting. */
const BATCH = 1000;
const PAUSE_MS = 60_000;

/** Deletes old login failures; instances that do so at once skip each other's rows. */
@Injectable()
export class LoginFailuresPurge implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(LoginFailuresPurge.name, () => this.purge(), {
    pauseMs: PAUSE_MS,
  });

  constructor(private readonly failures: LoginFailuresRepository) {}

  onApplicationBootstrap(): void {
    this.task.startDelayed();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** One batch. */
  async purge(): Promise<void> {
    await this.failures.forget(FORGET_AFTER_DAYS, BATCH);
  }
}
