import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../platform/http/origin.js';
import { SingleUseSecrets } from '../../../platform/secrets/single-use-secrets.js';
import { SessionLevels } from '../../../sessions/levels/session-levels.js';
import type { WithdrawnFactor } from '../../../sessions/levels/session-levels.repository.js';
import type { User } from '../../../users/user.entity.js';
import { RECOVERY_CODE } from './factor-names.js';
import { FactorNotices } from './factor-notices.js';
import { RecoveryMeans } from './recovery/recovery-means.js';
import { type RegisteredFactor, RegisteredFactors } from './registered-factors.js';

/** Removes factors, with the same consequences regardless of who does so and why. */
@Injectable()
export class FactorRemoval {
  constructor(
    private readonly factors: RegisteredFactors,
    private readonly recovery: RecoveryMeans,
    private readonly levels: SessionLevels,
    private readonly secrets: SingleUseSecrets,
    private readonly notices: FactorNotices,
    private readonly audit: AuditService,
  ) {}

  /**
   * Removes a factor of a locked account. Sessions that no other factor has raised lose their level at once; with the last
   * factor, all of them do, and the recovery codes and a running recovery are deleted. Enrolments that other sessions have
   * begun end. Returns false if the account has no such factor.
   */
  async remove(
    tx: Transaction,
    user: User,
    id: string,
    by: { readonly sessionId: string | null },
    origin: Origin,
  ): Promise<boolean> {
    const factors = await this.factors.list(user.id, tx);
    const factor = factors.find((one) => one.id === id);
    if (!factor || !(await this.factors.delete(tx, user.id, factor))) return false;
    const left = factors.length - 1;
    if (left > 0) {
      await this.levels.withdraw(tx, user.id, withdrawalOf(factor, factors));
    } else {
      await this.levels.withdrawAll(tx, user);
      await this.recovery.remove(tx, user.id);
    }
    await this.secrets.revokeOutdated(tx, user.id);
    // The removed factor may have authorised them; a confirmation asks for no other proof.
    await this.factors.endEnrolments(tx, user.id, by.sessionId);
    await this.audit.record(tx, {
      type: 'user_factor_removed',
      outcome: 'success',
      userId: user.id,
      sessionId: by.sessionId,
      origin,
      details: { factorId: id, factorType: factor.type, factors: left, roles: [...user.roles] },
    });
    await this.notices.removed(tx, user, factor.name, origin);
    return true;
  }

  /**
   * Removes every factor of a locked account, with what recovers lost ones, and ends every enrolment that has begun, even if
   * there is no factor yet. Returns the number of factors.
   */
  async removeAll(tx: Transaction, user: User, origin: Origin): Promise<number> {
    const factors = await this.factors.list(user.id, tx);
    for (const { id } of factors) await this.remove(tx, user, id, { sessionId: null }, origin);
    await this.recovery.remove(tx, user.id);
    await this.factors.endEnrolments(tx, user.id, null);
    await this.secrets.revokeAll(tx, user.id, ['passkey_registration']);
    return factors.length;
  }

  /**
   * Removes the factors that were added to a locked account at or after `since`, and recovery codes created since, for an owner
   * who takes the account back. Returns the number of codes that did not go with the last factor. No event here records them, so
   * the caller has to.
   */
  async removeSince(tx: Transaction, user: User, since: Date, origin: Origin): Promise<number> {
    for (const { id, addedAt } of await this.factors.list(user.id, tx))
      if (addedAt >= since) await this.remove(tx, user, id, { sessionId: null }, origin);
    return this.recovery.removeCodesSince(tx, user.id, since);
  }
}

/** What a session keeps without a factor: its methods, as long as it has proven another factor with the same methods. */
function withdrawalOf({ id, type }: RegisteredFactor, all: readonly RegisteredFactor[]): WithdrawnFactor {
  const others = all.filter((other) => other.type === type && other.id !== id).map((other) => other.id);
  return type === 'passkey'
    ? { factor: id, methods: ['pop', 'user'], alsoBy: others }
    : { factor: id, methods: ['otp'], alsoBy: [...others, RECOVERY_CODE] };
}
