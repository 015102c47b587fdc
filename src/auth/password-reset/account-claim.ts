import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AccessChanges } from '../../sessions/revocation/access-changes.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { FactorRemoval } from '../credentials/factors/factor-removal.js';

/** Hands an account to the owner of its address, who may not be the one that opened it. */
@Injectable()
export class AccountClaim {
  constructor(
    private readonly factors: FactorRemoval,
    private readonly secrets: SingleUseSecrets,
    private readonly access: AccessChanges,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Removes what was set up before, which may give access no more (better-auth #10239): whoever opened the account may not have
   * been the owner of its address. Of secrets, not even those that outlive a new password remain.
   */
  async clear(tx: Transaction, user: User, origin: Origin): Promise<void> {
    await this.factors.removeAll(tx, user, origin);
    await this.secrets.revokeAll(tx, user.id);
    await this.access.voided(tx, user.id, null, origin);
  }

  /** Records that the address has been verified by a link that was read in its mailbox. Returns the account as it is then. */
  async verify(tx: Transaction, user: User, origin: Origin): Promise<User> {
    const event = { outcome: 'success' as const, userId: user.id, origin, details: { by: 'reset' as const } };
    await this.audit.record(tx, { type: 'user_email_verified', ...event });
    return this.users.proveEmail(tx, user);
  }
}
