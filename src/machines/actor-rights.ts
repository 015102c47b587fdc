import { Injectable } from '@nestjs/common';
import type { MachinePrincipal, Principal } from '../platform/access/principal.js';
import { Environment } from '../platform/config/environment.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { OwnSessions } from '../sessions/own-sessions/own-sessions.js';
import { RecentProof } from '../sessions/recent/recent-proof.js';
import { rolesAtLevel } from '../sessions/role-level.js';
import { SessionErrors } from '../sessions/session.errors.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { ServiceAccountsRepository } from './accounts/service-accounts.repository.js';
import { ApiKeyCache } from './keys/api-key-cache.js';

/**
 * Checks once more, in the transaction of a change, that the administrator who makes it still may: they can be disabled, or lose
 * the role, the session, its recent proof or the key, after the guards have let the request pass. Operators with commands are
 * not checked.
 */
@Injectable()
export class ActorRights {
  constructor(
    private readonly users: UsersService,
    private readonly accounts: ServiceAccountsRepository,
    private readonly sessions: OwnSessions,
    private readonly keys: ApiKeyCache,
    private readonly recent: RecentProof,
    private readonly environment: Environment,
  ) {}

  /**
   * Locks what the caller's rights depend on, so that they are kept until the transaction ends. Call this before any other lock
   * but that on roles; `target` is the account that is to be changed, whose row is locked as well, because rows of users are
   * locked in the order of their ids. Throws `session_ended`, `insufficient_user_authentication`, `invalid_token` for
   * a key, and `forbidden`.
   */
  async assertHeld(tx: Transaction, { caller }: Origin, target: string | null): Promise<void> {
    if (!caller) return;
    const locked = await this.lockUsers(tx, caller, target);
    // The caller reports `not_found`.
    if (target !== null && !locked.has(target)) return;
    if (caller.kind !== 'session') return this.assertKeyHeld(tx, caller);
    const actor = locked.get(caller.userId);
    if (!actor) throw new Problem(SessionErrors.session_ended);
    const session = await this.sessions.lockLive(tx, caller);
    const held = rolesAtLevel(actor.roles, session.acr, this.environment.MFA_REQUIRED_ROLES);
    if (!held.includes('admin')) throw new Problem(SessionErrors.forbidden);
    await this.recent.assertHolds(tx, session);
  }

  /** Returns the users that exist, by id. */
  private async lockUsers(
    tx: Transaction,
    caller: Principal,
    target: string | null,
  ): Promise<Map<string, User>> {
    const actorId = caller.kind === 'service-account' ? null : caller.userId;
    const locked = new Map<string, User>();
    for (const id of new Set([actorId, target].filter((each) => each !== null).toSorted())) {
      // Those who act do not wait for each other.
      const user = await (id === target ? this.users.lock(tx, id) : this.users.share(tx, id));
      if (user) locked.set(id, user);
    }
    return locked;
  }

  private async assertKeyHeld(tx: Transaction, caller: MachinePrincipal): Promise<void> {
    if (caller.kind === 'service-account') await this.accounts.share(tx, caller.serviceAccountId);
    const found = await this.keys.findAnew(tx, caller.keyId);
    if (!('caller' in found)) throw new Problem(SessionErrors.invalid_token);
    const { scopes, voidUntil } = found.caller;
    // The tokens of the key may have been revoked meanwhile.
    if (voidUntil !== caller.voidUntil) throw new Problem(SessionErrors.invalid_token);
    if (!caller.scopes.every((scope) => scopes.includes(scope))) throw new Problem(SessionErrors.forbidden);
  }
}
