import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing, type GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { RecentProof } from '../../sessions/recent/recent-proof.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { AuthErrors } from '../auth.errors.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { LoginRecord } from '../sign-in/login-record.js';
import { PasswordStepUp } from './password-step-up.js';

/**
 * Authenticates a signed-in user again. A stolen session must not allow unlimited guesses at the password, so each
 * guess counts like one at a login from the session's device.
 */
@Injectable()
export class StepUpService {
  constructor(
    private readonly recent: RecentProof,
    private readonly guessing: AccountGuessing,
    private readonly devices: SessionDevices,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly passwords: PasswordStepUp,
    private readonly record: LoginRecord,
  ) {}

  /**
   * Throws `invalid_credentials`, `insufficient_user_authentication` if a password is not enough, `session_ended`,
   * `rate_limited`, or `overloaded` if too many hashes are queued.
   */
  async stepUp(principal: SessionPrincipal, password: string, origin: Origin): Promise<IssuedSession> {
    await this.passwords.assertRoom();
    const { userId, sessionId } = principal;
    await this.recent.assertOffered('password', userId);
    const found = await this.credentials.findByUserId(userId);
    if (!found) throw new Problem(SessionErrors.session_ended);
    const emailDigest = this.record.digestOf(found.user.email);
    const attempt = await this.begin(emailDigest, principal, origin);
    const guess = { password, attempt, emailDigest };
    const issued = await this.passwords
      .prove(principal, found, guess, origin)
      .catch(async (error: unknown) => {
        // The service could not check the password, so the attempt does not count as a guess.
        await attempt.refund().catch(() => undefined);
        throw error;
      });
    if (issued) return issued;
    await this.record.failure(found, attempt.failures, emailDigest, origin, sessionId);
    throw new Problem(AuthErrors.invalid_credentials);
  }

  private async begin(
    emailDigest: string,
    principal: SessionPrincipal,
    origin: Origin,
  ): Promise<GuessingAttempt> {
    const device = await this.devices.knownDeviceOf(principal);
    try {
      return await this.guessing.begin(emailDigest, device);
    } catch (error) {
      await this.record.locked(error, emailDigest, principal.userId, origin);
      throw error;
    }
  }
}
