import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Environment } from '../../platform/config/environment.js';
import { Problem } from '../../platform/errors/problem.js';
import { RateLimitErrors } from '../rate-limit.errors.js';
import {
  type FailureKey,
  type GuessingLock,
  type GuessingRules,
  LoginFailuresRepository,
} from './login-failures.repository.js';

/**
 * NIST SP 800-63B-4 section 3.2.2 allows at most 100 consecutive failures. Waits start well before that, so a hundred
 * guesses take most of a day and no stranger can lock an account for good within minutes.
 */
export const GUESSING_RULES = {
  firstWaitAt: 10,
  firstWaitSeconds: 30,
  longestWaitSeconds: 15 * 60,
  closedAt: 100,
} as const satisfies GuessingRules;

/** More failures than PostgreSQL's integer can count. */
const NEVER = 2 ** 31 - 1;
/** For `start:ephemeral --limits off`: failures are counted and have no consequence. */
const NO_WAITS: GuessingRules = { ...GUESSING_RULES, firstWaitAt: NEVER, closedAt: NEVER };

/** A login attempt whose failure is already counted. If it did not fail, call exactly one of the two methods. */
export interface GuessingAttempt {
  /** Consecutive failures, including this one; {@link GUESSING_RULES}.closedAt is the last attempt that is evaluated. */
  readonly failures: number;
  /** The password was right: resets the failures in the login's transaction and returns how many there were before. */
  succeeded(tx: Transaction): Promise<number>;
  /** The password was not compared because the service was overloaded: takes the failure back. */
  refund(): Promise<void>;
}

/**
 * Counts consecutive failed logins per submitted account, whether or not it exists. The counts are in PostgreSQL, so they
 * survive a restart of Redis. A device that has signed in to the account before has its own count: a stranger's failures
 * do not lock the owner out, and the owner's success does not give the stranger new guesses.
 */
@Injectable()
export class AccountGuessing {
  private readonly rules: GuessingRules;

  constructor(
    private readonly failures: LoginFailuresRepository,
    { throwaway }: Environment,
  ) {
    this.rules = throwaway?.limits === false ? NO_WAITS : GUESSING_RULES;
  }

  /**
   * Call this before comparing a password. `userId` is the account with the address; null if there is none. Counts the failure in advance, so that parallel guesses cannot bypass the limit.
   * Throws `rate_limited` while a wait runs and after the last guess; a refused attempt is not counted and extends no wait.
   * Throws `dependency_unavailable` when it cannot count: no guess is evaluated unrecorded.
   */
  async begin(
    emailDigest: string,
    knownDeviceId: string | null,
    userId: string | null = null,
  ): Promise<GuessingAttempt> {
    const key: FailureKey = { emailDigest, deviceId: knownDeviceId ?? '' };
    const counted = await this.failures.count(key, userId, this.rules);
    if (counted === null) throw await this.refusal(key);
    return {
      failures: counted,
      succeeded: async (tx) => {
        await this.failures.reset(tx, key);
        return counted - 1;
      },
      refund: () => this.failures.uncount(key, counted, this.rules),
    };
  }

  /** Unlocks an account on all devices, for a password reset or an operator. Returns whether it had any failures. */
  async unlock(emailDigest: string, tx: Transaction): Promise<boolean> {
    return this.failures.resetAccount(tx, emailDigest);
  }

  /** Returns the given accounts that currently refuse logins from unknown devices. */
  async locksOf(emailDigests: readonly string[]): Promise<GuessingLock[]> {
    return this.failures.findLocked(emailDigests, this.rules.closedAt);
  }

  /** Deletes the counts of devices that are no longer known to an account. */
  async forgetDevices(emailDigest: string, deviceIds: readonly string[], tx: Transaction): Promise<void> {
    await this.failures.resetDevices(tx, emailDigest, deviceIds);
  }

  /** A closed account reports the longest wait, so that its refusal looks like any other and clients back off. */
  private async refusal(key: FailureKey): Promise<Problem> {
    const found = await this.failures.find(key);
    const closed = found !== null && found.failures >= this.rules.closedAt;
    const retryAfterSeconds = closed ? this.rules.longestWaitSeconds : Math.max(1, found?.waitSeconds ?? 1);
    return new Problem(RateLimitErrors.rate_limited, {
      retryAfterSeconds,
      extensions: { 'violated-policies': ['account-guessing'] },
    });
  }
}
