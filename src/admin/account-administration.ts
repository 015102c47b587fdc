import { Injectable } from '@nestjs/common';
import type { Role } from '../platform/access/principal.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { profileOf } from '../users/profile.js';
import { ProfileChanges } from '../users/profile-changes.js';
import { AccountChanges } from './account-changes.js';
import { AccountDeletion } from '../auth/account-deletion/account-deletion.js';
import { RecoveryRuns } from '../auth/factor-recovery/recovery-runs.js';
import { isByApiKey } from './by-api-key.js';
import { LockedAccounts } from './locked-accounts.js';

/** Changes to an account; absent members stay as they are. */
export interface AccountUpdate {
  /** Null removes the name. */
  readonly displayName?: string | null;
  readonly roles?: readonly Role[];
  readonly disabled?: boolean;
}

/**
 * What operators and administrators change about an account, given by its id or canonical e-mail address. Changes that revoke
 * something also end the account's sessions. A change without effect is skipped and records no event.
 */
@Injectable()
export class AccountAdministration {
  constructor(
    private readonly accounts: LockedAccounts,
    private readonly changes: AccountChanges,
    private readonly deletion: AccountDeletion,
    private readonly recoveries: RecoveryRuns,
    private readonly profiles: ProfileChanges,
  ) {}

  /**
   * Makes all of the changes or none. Throws `own_roles` before `last_administrator`, `not_found` like all operations here, and
   * `forbidden` to API keys that set roles.
   */
  async update(who: string, { displayName, roles, disabled }: AccountUpdate, origin: Origin): Promise<void> {
    if (roles !== undefined && isByApiKey(origin)) throw new Problem(SessionErrors.forbidden);
    const renamed = await this.accounts.changeAdministrators(who, origin, async (tx, user) => {
      if (roles !== undefined) await this.changes.setRoles(tx, user, roles, origin);
      if (disabled === true && (await this.changes.disable(tx, user, origin)))
        await this.recoveries.cancel(tx, user, { by: 'disabling', sessionId: null }, origin);
      if (disabled === false) await this.changes.enable(tx, user, origin);
      if (displayName === undefined) return null;
      return (await this.changes.rename(tx, user, displayName, origin)) ? profileOf(user) : null;
    });
    if (renamed) await this.profiles.announce(renamed);
  }

  /** Prevents the account from signing in. Throws `last_administrator`. */
  async disable(who: string, origin: Origin): Promise<void> {
    await this.update(who, { disabled: true }, origin);
  }

  async enable(who: string, origin: Origin): Promise<void> {
    await this.update(who, { disabled: false }, origin);
  }

  /** Gives the account exactly these roles plus `user`. Throws `own_roles` and `last_administrator`. */
  async setRoles(who: string, roles: readonly Role[], origin: Origin): Promise<void> {
    await this.update(who, { roles }, origin);
  }

  /** Deletes the account. Its audit entries are kept under its id, without personal data. Throws `last_administrator`. */
  async delete(who: string, origin: Origin): Promise<void> {
    await this.accounts.changeAdministrators(who, origin, (tx, user) =>
      this.deletion.delete(tx, user, origin),
    );
  }
}
