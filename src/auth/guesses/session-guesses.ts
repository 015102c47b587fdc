import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import { AuthErrors } from '../auth.errors.js';
import {
  PasswordCredentialsRepository,
  type UserWithHash,
} from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { whileRight } from './compared-password.js';
import { type CountedGuess, CountedGuesses } from './counted-guesses.js';
import { LoginRecord } from './login-record.js';

/** A password that is typed in a session, and the account of the session, with which it is to be compared. */
export interface TypedPassword {
  readonly password: string;
  readonly found: UserWithHash;
}

/** A password that was right. */
export interface RightPassword extends CountedGuess {
  /** The hash with which the password was compared. */
  readonly hash: string;
}

/**
 * Checks passwords that are typed in a session. A borrowed session must not become a place to guess the password: each
 * guess counts like one of a login from the session's device.
 */
@Injectable()
export class SessionGuesses {
  constructor(
    private readonly guesses: CountedGuesses,
    private readonly devices: SessionDevices,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly record: LoginRecord,
  ) {}

  /**
   * Calls `use` if the password is right, and returns what it returns. `use` returns null if the account has another hash
   * than the compared one; then the password is compared again. Throws `invalid_credentials` for a wrong password, which is
   * recorded, `rate_limited` after too many failures, `overloaded` if too many hashes are queued, and what `use` throws.
   */
  async judge<T>(
    principal: SessionPrincipal,
    { password, found }: TypedPassword,
    origin: Origin,
    use: (right: RightPassword) => Promise<T | null>,
  ): Promise<T> {
    const account = {
      email: found.user.email,
      userId: principal.userId,
      knownDeviceId: await this.devices.knownDeviceOf(principal),
    };
    const counted = await this.guesses.begin(account, origin);
    const { attempt, emailDigest } = counted;
    const { result } = await whileRight(found, {
      // Whether the account is disabled is decided under its lock, when its session is found to be over.
      isRight: (read) => this.hasher.verify(password, read?.hash ?? null, principal.userId),
      reread: () => this.credentials.findByUserId(principal.userId),
      use: ({ hash }) => use({ ...counted, hash }),
    }).catch(async (error: unknown) => {
      // The service could not judge, so what may have been right does not count as a guess.
      await attempt.refund().catch(() => undefined);
      throw error;
    });
    if (result !== null) return result;
    await this.record.failure(found, attempt, emailDigest, origin, principal.sessionId);
    throw new Problem(AuthErrors.invalid_credentials);
  }
}
