import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import { AuthErrors } from '../auth.errors.js';
import type { UserWithHash } from '../credentials/passwords/password-credentials.repository.js';
import { type CountedGuess, CountedGuesses } from './counted-guesses.js';
import { LoginRecord } from './login-record.js';

/**
 * Counts passwords that are typed in a session. A borrowed session must not become a place to guess the password: each
 * guess counts like one of a login from the session's device.
 */
@Injectable()
export class SessionGuesses {
  constructor(
    private readonly guesses: CountedGuesses,
    private readonly devices: SessionDevices,
    private readonly record: LoginRecord,
  ) {}

  /**
   * Counts a guess at the password of the session's account, then has `compare` look at it; null means that it was wrong.
   * Throws `invalid_credentials` then, `rate_limited` after too many failures, and what `compare` throws.
   */
  async judge<T>(
    principal: SessionPrincipal,
    found: UserWithHash,
    origin: Origin,
    compare: (guess: CountedGuess) => Promise<T | null>,
  ): Promise<T> {
    const account = {
      email: found.user.email,
      userId: principal.userId,
      knownDeviceId: await this.devices.knownDeviceOf(principal),
    };
    const guess = await this.guesses.begin(account, origin);
    const { attempt, emailDigest } = guess;
    const result = await compare(guess).catch(async (error: unknown) => {
      // The service could not judge, so what may have been right does not count as a guess.
      await attempt.refund().catch(() => undefined);
      throw error;
    });
    if (result !== null) return result;
    await this.record.failure(found, attempt, emailDigest, origin, principal.sessionId);
    throw new Problem(AuthErrors.invalid_credentials);
  }
}
