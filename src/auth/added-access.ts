import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { Origin } from '../platform/http/origin.js';
import { SessionDevices } from '../sessions/devices/session-devices.js';
import { AccessChanges } from '../sessions/revocation/access-changes.js';
import type { User } from '../users/user.entity.js';
import { FactorRemoval } from './credentials/factors/factor-removal.js';

/**
 * Removes the access that was added to an account while somebody else had it. Sessions and the password are left to the callers:
 * which of them end depends on how the owner takes the account back.
 */
@Injectable()
export class AddedAccess {
  constructor(
    private readonly devices: SessionDevices,
    private readonly factors: FactorRemoval,
    private readonly changes: AccessChanges,
    private readonly audit: AuditService,
  ) {}

  /**
   * Removes the known devices, the factors, the recovery codes and the API keys that were added to a locked account at or after
   * `since`. Returns the number of recovery codes, which the event of the caller has to name.
   */
  async removeSince(tx: Transaction, user: User, since: Date, origin: Origin): Promise<number> {
    await this.devices.forgetSince(tx, user.id, this.audit.emailDigest(user.email), since);
    const recoveryCodes = await this.factors.removeSince(tx, user, since, origin);
    await this.changes.voided(tx, user.id, since, origin);
    return recoveryCodes;
  }
}
