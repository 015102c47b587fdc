import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import type { SessionPrincipal } from '../../../platform/access/principal.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../platform/http/origin.js';
import { SingleUseSecrets } from '../../../platform/secrets/single-use-secrets.js';
import { SessionLevels } from '../../../sessions/levels/session-levels.js';
import type { ProvenFactor } from '../../../sessions/proofs.js';
import type { User } from '../../../users/user.entity.js';
import type { FactorType } from './factor-names.js';
import { FactorNotices } from './factor-notices.js';
import { RegisteredFactors } from './registered-factors.js';
import { RecoveryCodes } from './recovery-codes/recovery-codes.js';

/** A factor that was proven for the first time. */
export interface AddedFactor {
  readonly id: string;
  readonly type: FactorType;
  readonly name: string;
  /** What the first use has proven in the session. */
  readonly proven: ProvenFactor;
}

/** What follows when a factor of any kind is added. */
@Injectable()
export class FactorAdditions {
  constructor(
    private readonly factors: RegisteredFactors,
    private readonly levels: SessionLevels,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly secrets: SingleUseSecrets,
    private readonly notices: FactorNotices,
    private readonly audit: AuditService,
  ) {}

  /**
   * Raises the session in which the factor of a locked account was proven, invalidates enrolments of other sessions and secrets
   * that were bound to the former credentials, and tells the owner. Returns recovery codes if it is the first factor; null
   * otherwise.
   */
  async follow(
    tx: Transaction,
    user: User,
    { id, type, name, proven }: AddedFactor,
    caller: SessionPrincipal,
    origin: Origin,
  ): Promise<string[] | null> {
    const { length: factors } = await this.factors.list(user.id, tx);
    await this.levels.raise(tx, user, caller, proven);
    await this.secrets.revokeOutdated(tx, user.id);
    // Pending enrolments were begun at a lower level than the account requires now.
    await this.factors.endEnrolments(tx, user.id, caller.sessionId);
    await this.audit.record(tx, {
      type: 'user_factor_added',
      outcome: 'success',
      userId: user.id,
      sessionId: caller.sessionId,
      origin,
      details: { factorId: id, factorType: type, factors },
    });
    await this.notices.added(tx, user, name, origin);
    return factors === 1 ? this.recoveryCodes.issue(tx, user, caller.sessionId, origin) : null;
  }
}
