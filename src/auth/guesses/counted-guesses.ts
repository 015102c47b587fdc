import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing, type GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { RateLimited } from '../../rate-limit/rate-limit.errors.js';
import { LoginFailureRecorder } from './login-failure-recorder.js';

/** A guess whose failure is counted already. */
export interface CountedGuess {
  readonly attempt: GuessingAttempt;
  /** Keyed digest of the account's address. */
  readonly emailDigest: string;
}

/** The account whose password or code is guessed. */
export interface GuessedAccount {
  readonly email: string;
  /** Null if no account has the address. */
  readonly userId: string | null;
  /** The device, if the account knows it; it is counted separately. */
  readonly knownDeviceId: string | null;
}

/** A guess that could not be counted, because the account is locked. */
const UNCOUNTED: GuessingAttempt = {
  failures: 0,
  isLast: false,
  succeeded: async () => 0,
  refund: async () => undefined,
};

/** Counts guesses before they are checked, and records those that are refused because of earlier failures. */
@Injectable()
export class CountedGuesses {
  constructor(
    private readonly guessing: AccountGuessing,
    private readonly recorder: LoginFailureRecorder,
  ) {}

  /** Throws `rate_limited` after too many failures, and `dependency_unavailable` if the guess cannot be counted. */
  async begin(account: GuessedAccount, origin: Origin): Promise<CountedGuess> {
    const emailDigest = this.recorder.digestOf(account.email);
    try {
      return await this.count(account, emailDigest);
    } catch (error) {
      await this.recorder.recordRefusal(error, emailDigest, account.userId, origin);
      throw error;
    }
  }

  /**
   * Counts a guess within an existing session. If the account is locked, the guess is still allowed, but not counted here.
   * Throws `dependency_unavailable` if the guess cannot be counted.
   */
  async beginInSession(account: GuessedAccount): Promise<CountedGuess> {
    const emailDigest = this.recorder.digestOf(account.email);
    try {
      return await this.count(account, emailDigest);
    } catch (error) {
      if (error instanceof RateLimited) return { attempt: UNCOUNTED, emailDigest };
      throw error;
    }
  }

  private async count({ userId, knownDeviceId }: GuessedAccount, emailDigest: string): Promise<CountedGuess> {
    return { attempt: await this.guessing.begin(emailDigest, knownDeviceId, userId), emailDigest };
  }
}
