import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../platform/access/principal.js';
import { isUuid } from '../../../platform/crypto/uuid.js';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Origin } from '../../../platform/http/origin.js';
import { CallerAccount } from '../../../sessions/own-sessions/caller-account.js';
import { FactorAdditions } from './factor-additions.js';
import { FactorRemoval } from './factor-removal.js';
import { RecoveryCodes } from './recovery-codes/recovery-codes.js';
import { RegisteredFactors } from './registered-factors.js';
import { TotpEnrolment } from './totp/totp-enrolment.js';

/** Changes the factors of the caller's account, each time under the lock of the account and of the session. */
@Injectable()
export class OwnFactors {
  constructor(
    private readonly account: CallerAccount,
    private readonly factors: RegisteredFactors,
    private readonly enrolment: TotpEnrolment,
    private readonly additions: FactorAdditions,
    private readonly removal: FactorRemoval,
    private readonly recoveryCodes: RecoveryCodes,
  ) {}

  /**
   * Confirms an authenticator app. Returns recovery codes with the first factor; null otherwise. Throws `not_found`,
   * `invalid_code`, `too_many_factors`, and `session_ended`.
   */
  async confirm(
    caller: SessionPrincipal,
    id: string,
    code: string,
    origin: Origin,
  ): Promise<string[] | null> {
    return this.account.locked(caller, async (tx, user) => {
      const name = isUuid(id) ? await this.enrolment.confirm(tx, user, caller, id, code) : null;
      if (name === null) throw new Problem(PlatformErrors.not_found);
      const proven = { method: 'otp', factor: id } as const;
      return this.additions.follow(tx, user, { id, type: 'totp', name, proven }, caller, origin);
    });
  }

  /** Throws `not_found`, `insufficient_user_authentication` and `session_ended`. */
  async remove(caller: SessionPrincipal, id: string, origin: Origin): Promise<void> {
    await this.account.lockedIfRecent(caller, async (tx, user) => {
      const removed = isUuid(id) && (await this.removal.remove(tx, user, id, caller, origin));
      if (!removed) throw new Problem(PlatformErrors.not_found);
    });
  }

  /**
   * Issues new recovery codes and tells the owner. Throws `not_found` for an account without a factor,
   * `insufficient_user_authentication` and `session_ended`.
   */
  async renewCodes(caller: SessionPrincipal, origin: Origin): Promise<string[]> {
    return this.account.lockedIfRecent(caller, async (tx, user) => {
      if ((await this.factors.kindsOf(user.id, tx)).length === 0) throw new Problem(PlatformErrors.not_found);
      return this.recoveryCodes.renew(tx, user, caller.sessionId, origin);
    });
  }
}
