import { Injectable } from '@nestjs/common';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { RetentionClock } from '../../platform/database/retention-clock.js';
import { GuessingRules } from './guessing-rules.js';
import { LoginFailuresRepository } from './login-failures.repository.js';

/**
 * A few failures are deleted after 90 days; otherwise every mistyped address would be kept forever. This leaves a
 * patient attacker 9 guesses in 90 days. Rows that have reached a wait are kept until a login or an operator resets them.
 */
const FORGET_AFTER_MS = 90 * 86_400_000;

/** Few enough that a batch does not block others. */
const BATCH = 1000;
const PAUSE_MS = 60_000;

/** Deletes old login failures. Instances that purge at the same time skip each other's rows. */
@Injectable()
export class LoginFailuresPurge {
  constructor(
    private readonly failures: LoginFailuresRepository,
    private readonly rules: GuessingRules,
    private readonly clock: RetentionClock,
  ) {}

  /** Deletes one batch. Returns whether there may be more. */
  @InBackground({ pauseMs: PAUSE_MS })
  async purge(): Promise<boolean> {
    const before = await this.clock.ago(FORGET_AFTER_MS);
    return (await this.failures.forget(before, BATCH, this.rules)) === BATCH;
  }
}
