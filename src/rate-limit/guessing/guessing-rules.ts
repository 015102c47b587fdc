import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';

/** More failures than PostgreSQL's integer can count. */
const NEVER = 2 ** 31 - 1;

/**
 * When waits start, how long the first and the longest wait are, and when guesses end. NIST SP 800-63B-4 section 3.2.2
 * allows at most 100 consecutive failures. Waits start well before that, so a hundred guesses take most of a day and no
 * stranger can lock an account for good within minutes.
 */
@Injectable()
export class GuessingRules {
  readonly firstWaitAt: number = 10;
  readonly firstWaitSeconds = 30;
  readonly longestWaitSeconds = 15 * 60;
  readonly closedAt: number = 100;

  /** With `start:ephemeral --limits off`, failures are counted and have no consequence. */
  constructor({ throwaway }: Environment) {
    if (throwaway?.limits === false) this.firstWaitAt = this.closedAt = NEVER;
  }
}
