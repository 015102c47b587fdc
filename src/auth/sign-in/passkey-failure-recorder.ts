import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { UsersService } from '../../users/users.service.js';
import { AuthErrors } from '../auth.errors.js';
import { UnverifiedSignIns } from './unverified-sign-ins.js';

/** Who presents a passkey, as far as it is known; filled in while the response is verified. */
export interface PasskeyHolder {
  userId: string | null;
  readonly sessionId: string | null;
}

/** Records passkeys that did not lead to a session or a proof. */
@Injectable()
export class PasskeyFailureRecorder {
  constructor(
    private readonly users: UsersService,
    private readonly unverified: UnverifiedSignIns,
    private readonly audit: AuditService,
  ) {}

  /** The keyed digest of an account's address. Throws `invalid_passkey` if the account is gone. */
  async accountOf(userId: string): Promise<string> {
    const user = await this.users.findById(userId);
    if (!user) throw new Problem(AuthErrors.invalid_passkey);
    return this.audit.emailDigest(user.email);
  }

  /** Runs the verification of a passkey. Records the refusal if it throws one, and throws it again. */
  async recordFailures<T>(holder: PasskeyHolder, origin: Origin, verify: () => Promise<T>): Promise<T> {
    try {
      return await verify();
    } catch (error) {
      if (error instanceof Problem) await this.record(error, holder, origin);
      throw error;
    }
  }

  private async record(
    problem: Problem,
    { userId, sessionId }: PasskeyHolder,
    origin: Origin,
  ): Promise<void> {
    if (problem.row === AuthErrors.email_unverified && userId !== null) {
      await this.unverified.recordAlone(userId, await this.accountOf(userId), origin);
    }
    if (problem.row !== AuthErrors.invalid_challenge && problem.row !== AuthErrors.invalid_passkey) return;
    await this.audit.recordAlone({
      type: 'authn_factor_fail',
      outcome: 'failure',
      reason: problem.row.code,
      userId,
      sessionId,
      origin,
      details: { method: 'passkey' },
    });
  }
}
