import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../platform/access/principal.js';
import { isUuid } from '../../../platform/crypto/uuid.js';
import { type Transaction, TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Origin } from '../../../platform/http/origin.js';
import { SessionErrors } from '../../../sessions/session.errors.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';
import { FactorAdditions } from './factor-additions.js';
import { FactorRemoval } from './factor-removal.js';
import { RecoveryCodes } from './recovery-codes/recovery-codes.js';
import { TotpEnrolment } from './totp/totp-enrolment.js';

/** Changes the factors of the caller's account, each time under the lock of the account. */
@Injectable()
export class OwnFactors {
  constructor(
    private readonly users: UsersService,
    private readonly enrolment: TotpEnrolment,
    private readonly additions: FactorAdditions,
    private readonly removal: FactorRemoval,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly transactions: TransactionRunner,
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
    return this.locked(caller, async (tx, user) => {
      const confirmed = isUuid(id) ? await this.enrolment.confirm(tx, caller, id, code) : null;
      if (!confirmed) throw new Problem(PlatformErrors.not_found);
      return this.additions.follow(tx, user, { ...confirmed, type: 'totp' }, caller, origin);
    });
  }

  /** Throws `not_found` and `session_ended`. */
  async remove(caller: SessionPrincipal, id: string, origin: Origin): Promise<void> {
    await this.locked(caller, async (tx, user) => {
      const removed = isUuid(id) && (await this.removal.remove(tx, user, id, caller, origin));
      if (!removed) throw new Problem(PlatformErrors.not_found);
    });
  }

  /** Issues new recovery codes. Throws `not_found` for an account without a factor, and `session_ended`. */
  async renewCodes(caller: SessionPrincipal, origin: Origin): Promise<string[]> {
    return this.locked(caller, async (tx, { id }) => {
      if (!(await this.enrolment.hasFactor(tx, id))) throw new Problem(PlatformErrors.not_found);
      return this.recoveryCodes.renew(tx, caller, origin);
    });
  }

  private async locked<T>(
    { userId }: SessionPrincipal,
    work: (tx: Transaction, user: User) => Promise<T>,
  ): Promise<T> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user) throw new Problem(SessionErrors.session_ended);
      return work(tx, user);
    });
  }
}
