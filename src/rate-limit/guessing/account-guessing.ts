import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import { RateLimitErrors } from '../rate-limit.errors.js';
import {
  type FailureKey,
  type GuessingLock,
  type GuessingRules,
  LoginFailuresRepository,
} from './login-failures.repository.js';

/**
 * NIST SP 800-63B-4 section 3.2.2 allows 100 consecutive failures and no more. Waits long before that make a
 * hundred guesses take most of a day, and none of it is a lock that a stranger could close for good in minutes.
 */
export const GUESSING_RULES = {
  firstWaitAt: 10,
  firstWaitSeconds: 30,
  longestWaitSeconds: 15 * 60,
  closedAt: 100,
} as const satisfies GuessingRules;

/** A login attempt whose failure is counted already; exactly one of its ends follows, or none when it failed. */
export interface GuessingAttempt {
  /** Consecutive failures, this one included; {@link GUESSING_RULES}.closedAt is the last that is evaluated. */
  readonly failures: number;
  /** The password was right: forgets the failures in the login's transaction and answers how many there were before. */
  succeeded(tx: Transaction): Promise<number>;
  /** The password was never compared, for lack of room: the failure was none. */
  refund(): Promise<void>;
}

/**
 * Counts consecutive failed logins per submitted account, whether or not it exists, in PostgreSQL, where no restart
 * of Redis forgets them. A device that has signed in to the account before has a count of its own: a stranger's
 * failures do not keep the owner out, and the owner's success does not give the stranger new guesses.
 */
@Injectable()
export class AccountGuessing {
  constructor(private readonly failures: LoginFailuresRepository) {}

  /**
   * To be called before a password is compared. Counts the failure beforehand, so that parallel guesses cannot slip
   * through, or throws `rate_limited` while a wait runs and after the last guess; a refused attempt counts nowhere
   * and extends no wait. Throws `dependency_unavailable` when it cannot count: no unrecorded guess is ever evaluated.
   */
  async begin(emailDigest: string, knownDeviceId: string | null): Promise<GuessingAttempt> {
    const key: FailureKey = { emailDigest, deviceId: knownDeviceId ?? '' };
    const counted = await this.failures.count(key, GUESSING_RULES);
    if (counted === null) throw await this.refusal(key);
    return {
      failures: counted,
      succeeded: async (tx) => {
        await this.failures.reset(tx, key);
        return counted - 1;
      },
      refund: () => this.failures.uncount(key, counted, GUESSING_RULES),
    };
  }

  /** Opens an account again, on all devices: a password reset or an operator. Returns whether it had any failures. */
  async unlock(emailDigest: string, tx: Transaction): Promise<boolean> {
    return this.failures.resetAccount(tx, emailDigest);
  }

  /** Of some accounts, those that nobody can sign in to from a device that they do not know. */
  async locksOf(emailDigests: readonly string[]): Promise<GuessingLock[]> {
    return this.failures.findLocked(emailDigests, GUESSING_RULES.closedAt);
  }

  /** A closed account names the longest wait, so that its answer is like that of any other and a client backs off. */
  private async refusal(key: FailureKey): Promise<Problem> {
    const found = await this.failures.find(key);
    const closed = found !== null && found.failures >= GUESSING_RULES.closedAt;
    const retryAfterSeconds = closed
      ? GUESSING_RULES.longestWaitSeconds
      : Math.max(1, found?.waitSeconds ?? 1);
    return new Problem(RateLimitErrors.rate_limited, {
      retryAfterSeconds,
      extensions: { 'violated-policies': ['account-guessing'] },
    });
  }
}
