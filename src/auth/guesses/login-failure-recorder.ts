import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { RateLimited } from '../../rate-limit/rate-limit.errors.js';
import type { UserWithHash } from '../credentials/passwords/password-credentials.repository.js';

/** Records wrong passwords, at a login or in a session. */
@Injectable()
export class LoginFailureRecorder {
  constructor(private readonly audit: AuditService) {}

  /** The keyed digest under which a submitted address is recorded and its guesses are counted. */
  digestOf(email: string): string {
    return this.audit.emailDigest(email);
  }

  /** Records a wrong password and the reason, which the response does not contain. */
  async recordFailure(
    found: UserWithHash | null,
    { isLast }: GuessingAttempt,
    emailDigest: string,
    origin: Origin,
    sessionId: string | null = null,
  ): Promise<void> {
    const event = {
      outcome: 'failure' as const,
      userId: found?.user.id ?? null,
      sessionId,
      origin,
      details: { account: emailDigest },
    };
    await this.audit.recordAlone({ type: 'authn_login_fail', reason: reasonOf(found), ...event });
    if (!isLast) return;
    await this.audit.recordAlone({ type: 'authn_login_fail_max', reason: 'too_many_failures', ...event });
  }

  /** Records a login that was refused without evaluation because of earlier failures; ignores every other error. */
  async recordRefusal(
    error: unknown,
    emailDigest: string,
    userId: string | null,
    origin: Origin,
  ): Promise<void> {
    if (!(error instanceof RateLimited)) return;
    await this.audit.recordAlone({
      type: 'authn_login_lock',
      outcome: 'failure',
      reason: error.row.code,
      userId,
      origin,
      details: { account: emailDigest, retryAfterSeconds: error.retryAfterSeconds },
    });
  }
}

function reasonOf(found: UserWithHash | null): string {
  if (found === null) return 'unknown_account';
  if (found.user.disabledAt !== null) return 'account_disabled';
  return found.user.invitedAt === null ? 'wrong_password' : 'account_invited';
}
