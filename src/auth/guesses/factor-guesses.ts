import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { isProblem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { AccountLimit } from '../../rate-limit/account-limit.js';
import type { User } from '../../users/user.entity.js';
import type { FactorMethod } from '../credentials/factors/factor-methods.js';
import { type CountedGuess, CountedGuesses } from './counted-guesses.js';

/** A code or a passkey that is about to be checked. */
export interface FactorGuess {
  readonly user: User;
  readonly method: FactorMethod;
  /** The device, if the account knows it; it is counted separately. */
  readonly knownDeviceId: string | null;
  /** The session in which it is presented; null at a login. */
  readonly sessionId: string | null;
}

/**
 * Counts typed codes over all factors and challenges of an account, before they are checked: in the policy `factor`, which
 * is short, and with the wrong passwords of the account, which is durable.
 */
@Injectable()
export class FactorGuesses {
  constructor(
    private readonly limit: AccountLimit,
    private readonly guesses: CountedGuesses,
    private readonly audit: AuditService,
  ) {}

  /**
   * Counts a guess and runs `check`, which throws `invalid_code` for a wrong code. Everything else takes the counts back. A
   * passkey cannot be guessed, so the policy `factor` does not apply to it; the lock of the account does, because a password
   * was checked first. Throws `rate_limited`, and what `check` throws.
   */
  async judge<T>(
    guess: FactorGuess,
    origin: Origin,
    check: (counted: CountedGuess) => Promise<T>,
  ): Promise<T> {
    const { user, knownDeviceId } = guess;
    const subject = { userId: user.id, knownDeviceId };
    const counted = guess.method === 'passkey' ? null : await this.limit.count('factor', subject, origin);
    let begun: CountedGuess | null = null;
    try {
      begun = await this.begin(guess, origin);
      const result = await check(begun);
      await counted?.refund();
      return result;
    } catch (error) {
      if (begun !== null && isProblem(error, SecretsErrors.invalid_code)) {
        await this.recordFailure(guess, begun, origin);
      } else {
        await counted?.refund();
        await begun?.attempt.refund().catch(() => undefined);
      }
      throw error;
    }
  }

  /** Records a code or a passkey that was refused, or not looked at because its challenge is not valid. */
  async recordRefusal(
    { user, method, sessionId }: Omit<Partial<FactorGuess>, 'method'> & Pick<FactorGuess, 'method'>,
    reason: string,
    origin: Origin,
  ): Promise<void> {
    await this.audit.recordAlone({
      type: 'authn_factor_fail',
      outcome: 'failure',
      reason,
      userId: user?.id ?? null,
      sessionId: sessionId ?? null,
      origin,
      details: { method },
    });
  }

  private begin({ user, knownDeviceId, sessionId }: FactorGuess, origin: Origin): Promise<CountedGuess> {
    const account = { email: user.email, userId: user.id, knownDeviceId };
    return sessionId === null ? this.guesses.begin(account, origin) : this.guesses.beginInSession(account);
  }

  private async recordFailure(
    guess: FactorGuess,
    { attempt, emailDigest }: CountedGuess,
    origin: Origin,
  ): Promise<void> {
    const { user, sessionId } = guess;
    await this.recordRefusal(guess, SecretsErrors.invalid_code.code, origin);
    if (!attempt.isLast) return;
    await this.audit.recordAlone({
      type: 'authn_login_fail_max',
      outcome: 'failure',
      reason: 'too_many_failures',
      userId: user.id,
      sessionId,
      origin,
      details: { account: emailDigest },
    });
  }
}
