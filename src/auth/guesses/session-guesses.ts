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
import type { HASH_CHANGED } from './compared-password.js';
import { PasswordJudgement, type RightGuess } from './password-judgement.js';

/** A password that is typed in a session, and the account of the session, with which it is to be compared. */
export interface TypedPassword {
  readonly password: string;
  readonly found: UserWithHash;
}

/**
 * Checks passwords that are typed in a session. A borrowed session must not become a place to guess the password: each
 * guess counts like one of a login from the session's device.
 */
@Injectable()
export class SessionGuesses {
  constructor(
    private readonly judgement: PasswordJudgement,
    private readonly devices: SessionDevices,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Calls `use` if the password is right, and returns what it returns. `use` returns HASH_CHANGED if the account has
   * another hash than the compared one; then the password is compared again. Throws `invalid_credentials` for a wrong
   * password, which is recorded, `rate_limited` after too many failures, `overloaded` if too many hashes are queued, and
   * what `use` throws.
   */
  async judge<T>(
    principal: SessionPrincipal,
    { password, found }: TypedPassword,
    origin: Origin,
    use: (right: RightGuess) => Promise<T | typeof HASH_CHANGED>,
  ): Promise<T> {
    const account = {
      email: found.user.email,
      userId: principal.userId,
      knownDeviceId: await this.devices.knownDeviceOf(principal),
    };
    const judged = await this.judgement.judge({ account, found, sessionId: principal.sessionId }, origin, {
      // Whether the account is disabled is decided under its lock, when its session is found to be over.
      isRight: (read) => this.hasher.verify(password, read?.hash ?? null, principal.userId),
      reread: () => this.credentials.findByUserId(principal.userId),
      use,
    });
    if (!judged.isRight) throw new Problem(AuthErrors.invalid_credentials);
    return judged.result;
  }
}
