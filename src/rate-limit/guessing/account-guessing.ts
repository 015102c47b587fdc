import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { RateLimited } from '../rate-limit.errors.js';
import { GuessingRules } from './guessing-rules.js';
import { type FailureKey, type GuessingLock, LoginFailuresRepository } from './login-failures.repository.js';

/** A login attempt whose failure is already counted. If it did not fail, call exactly one of the two methods. */
export interface GuessingAttempt {
  /** Consecutive failures, including this one. */
  readonly failures: number;
  /** Whether no further attempt is evaluated if this one fails. */
  readonly isLast: boolean;
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
  constructor(
    private readonly failures: LoginFailuresRepository,
    private readonly rules: GuessingRules,
  ) {}

  /**
   * Call this before comparing a password. `userId` is the account with the address; null if there is none. Counts the
   * failure in advance, so that parallel guesses cannot bypass the limit. Throws `rate_limited` while a wait runs and
   * after the last guess; a refused attempt is not counted and extends no wait. Throws `dependency_unavailable` when it
   * cannot count: no guess is evaluated unrecorded.
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
      isLast: counted >= this.rules.closedAt,
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

  /** Unlocks accounts on all devices, when their addresses get an owner who had no part in the failures. */
  async unlockAll(emailDigests: readonly string[], tx: Transaction): Promise<void> {
    await this.failures.resetAccounts(tx, emailDigests);
  }

  /** Returns the given accounts that currently refuse logins from unknown devices. */
  async locksOf(emailDigests: readonly string[]): Promise<GuessingLock[]> {
    return this.failures.findLocked(emailDigests, this.rules);
  }

  /** Deletes the counts of devices that are no longer known to an account. */
  async forgetDevices(emailDigest: string, deviceIds: readonly string[], tx: Transaction): Promise<void> {
    await this.failures.resetDevices(tx, emailDigest, deviceIds);
  }

  /** A closed account reports the longest wait, so that its refusal looks like any other and clients back off. */
  private async refusal(key: FailureKey): Promise<RateLimited> {
    const found = await this.failures.find(key, this.rules);
    const closed = found !== null && found.failures >= this.rules.closedAt;
    const seconds = closed ? this.rules.longestWaitSeconds : (found?.waitSeconds ?? 0);
    return new RateLimited(['account-guessing'], seconds * 1000);
  }
}
