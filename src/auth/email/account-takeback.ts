import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { DISOWN_PURPOSE } from '../../sessions/devices/new-device-notice.js';
import { SessionRevocation } from '../../sessions/revocation/session-revocation.js';
import type { User } from '../../users/user.entity.js';
import { AddedAccess } from '../added-access.js';
import type { SpentUndo } from './email-change-undos.js';

/** Removes the access of whoever has changed the address of an account that is not theirs. */
@Injectable()
export class AccountTakeback {
  constructor(
    private readonly secrets: SingleUseSecrets,
    private readonly added: AddedAccess,
    private readonly revocation: SessionRevocation,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends every session, invalidates pending changes and more recent undo links, and removes the devices, factors and
   * API keys that were added since the account came into other hands. Links to disown sessions stay. `user` has the restored
   * address, to which the notices of what is removed go.
   */
  async shutOut(tx: Transaction, user: User, { secret, former }: SpentUndo, origin: Origin): Promise<void> {
    await this.secrets.revokeSuperseded(tx, user.id, secret, { except: [DISOWN_PURPOSE] });
    const since = new Date(former.sinceMs ?? former.askedAtMs);
    const recoveryCodes = await this.added.removeSince(tx, user, since, origin);
    await this.revocation.endAllOfUser(tx, user.id, 'address_undone', origin);
    const event = { outcome: 'success' as const, userId: user.id, origin, details: { recoveryCodes } };
    await this.audit.record(tx, { type: 'user_email_change_undone', ...event });
  }

  /** Records the use of an invalid link. */
  async recordFailure(origin: Origin): Promise<void> {
    await this.audit.recordAlone({
      type: 'user_email_undo_fail',
      outcome: 'failure',
      reason: SecretsErrors.invalid_link.code,
      origin,
      details: {},
    });
  }
}
