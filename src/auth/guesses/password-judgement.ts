import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import type { UserWithHash } from '../credentials/passwords/password-credentials.repository.js';
import {
  type ComparedPassword,
  type Comparison,
  retryWhileHashChanges,
  type RightPassword,
} from './compared-password.js';
import { type CountedGuess, CountedGuesses, type GuessedAccount } from './counted-guesses.js';
import { LoginFailureRecorder } from './login-failure-recorder.js';

/** A typed password as a guess at an account. */
export interface PasswordGuess {
  readonly account: GuessedAccount;
  /** The account as it was read. */
  readonly found: UserWithHash | null;
  /** The session in which the password was typed, if any. */
  readonly sessionId: string | null;
}

/** A guess that was right. */
export interface RightGuess extends CountedGuess, RightPassword {}

/** Counts guesses at passwords, compares them, and records the wrong ones, wherever they are typed. */
@Injectable()
export class PasswordJudgement {
  constructor(
    private readonly guesses: CountedGuesses,
    private readonly recorder: LoginFailureRecorder,
  ) {}

  /**
   * Counts a guess before it is compared. A wrong one is recorded. An error takes the count back: either the password was
   * right, or the service could not judge it. Throws `rate_limited` after too many failures, and what the comparison
   * throws.
   */
  async judge<T>(
    { account, found, sessionId }: PasswordGuess,
    origin: Origin,
    { use, ...comparison }: Comparison<T, RightGuess>,
  ): Promise<ComparedPassword<T>> {
    const counted = await this.guesses.begin(account, origin);
    const { attempt, emailDigest } = counted;
    const compared = await retryWhileHashChanges(found, {
      ...comparison,
      use: (right) => use({ ...counted, ...right }),
    }).catch(async (error: unknown) => {
      await attempt.refund().catch(() => undefined);
      throw error;
    });
    if (!compared.isRight)
      await this.recorder.recordFailure(compared.found, attempt, emailDigest, origin, sessionId);
    return compared;
  }
}
