import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Role } from '../platform/access/principal.js';
import { Clock } from '../platform/clock/clock.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { ENDED_BY_DISABLING } from '../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../platform/secrets/single-use-secrets.js';
import { SessionRevocation } from '../sessions/revocation/session-revocation.js';
import { monotonicTimestamp } from '../users/monotonic-timestamp.js';
import type { User } from '../users/user.entity.js';
import { UsersErrors } from '../users/users.errors.js';
import { UsersRepository } from '../users/users.repository.js';
import { AccountNotices } from './account-notices.js';
import { AdminErrors } from './admin.errors.js';
import { rolesWith } from './roles.decorator.js';

/**
 * Changes of one account, in the caller's transaction. The caller has locked the account and, for roles and disabling, holds
 * the lock on roles. A change without effect is skipped and records no event. Returns whether something changed.
 */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly revocation: SessionRevocation,
    private readonly secrets: SingleUseSecrets,
    private readonly notices: AccountNotices,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Prevents the account from signing in, and ends its sessions. Throws `last_administrator`. */
  async disable(tx: Transaction, user: User, origin: Origin): Promise<boolean> {
    if (user.disabledAt !== null) return false;
    const changes = { disabledAt: this.clock.now() };
    assertKept(await this.users.updateUnlessLastAdministrator(tx, user.id, changes));
    await this.audit.record(tx, { type: 'user_disabled', ...done(user, origin), details: {} });
    await this.revocation.endAllOfUser(tx, user.id, 'account_disabled', origin);
    await this.secrets.revokeAll(tx, user.id, ENDED_BY_DISABLING);
    await this.notices.disabled(tx, user);
    Object.assign(user, changes);
    return true;
  }

  async enable(tx: Transaction, user: User, origin: Origin): Promise<boolean> {
    if (user.disabledAt === null) return false;
    const changes = { disabledAt: null };
    await this.users.update(tx, user.id, changes);
    await this.audit.record(tx, { type: 'user_enabled', ...done(user, origin), details: {} });
    Object.assign(user, changes);
    return true;
  }

  /**
   * Gives the account exactly these roles plus `user`, which every account has. Its sessions end because tokens carry roles.
   * Throws `own_roles` for the roles of the administrator who acts, and `last_administrator`.
   */
  async setRoles(tx: Transaction, user: User, wanted: readonly Role[], origin: Origin): Promise<boolean> {
    const roles = rolesWith(wanted);
    const granted = roles.filter((role) => !user.roles.includes(role));
    const revoked = user.roles.filter((role) => !roles.includes(role));
    if (granted.length + revoked.length === 0) return false;
    if (origin.actor && 'actorId' in origin.actor && origin.actor.actorId === user.id)
      throw new Problem(AdminErrors.own_roles);
    const changes = { roles, updatedAt: this.updatedAt(user) };
    if (!revoked.includes('admin')) await this.users.update(tx, user.id, changes);
    else assertKept(await this.users.updateUnlessLastAdministrator(tx, user.id, changes));
    const details = { granted, revoked };
    await this.audit.record(tx, { type: 'privilege_permissions_changed', ...done(user, origin), details });
    await this.revocation.endAllOfUser(tx, user.id, 'roles_changed', origin);
    await this.notices.rolesChanged(tx, user, roles);
    Object.assign(user, changes);
    return true;
  }

  /** Null removes the name. */
  async rename(tx: Transaction, user: User, displayName: string | null, origin: Origin): Promise<boolean> {
    if (user.displayName === displayName) return false;
    const changes = { displayName, updatedAt: this.updatedAt(user) };
    await this.users.update(tx, user.id, changes);
    const details = { members: ['displayName'] };
    await this.audit.record(tx, { type: 'user_updated', ...done(user, origin), details });
    Object.assign(user, changes);
    return true;
  }

  private updatedAt(user: User): Date {
    return monotonicTimestamp(user.updatedAt, this.clock.nowMs());
  }
}

/** Throws `last_administrator` if a statement has changed nothing for that reason. */
function assertKept(changed: boolean): void {
  if (!changed) throw new Problem(UsersErrors.last_administrator);
}

const done = (user: User, origin: Origin) => ({ outcome: 'success' as const, userId: user.id, origin });
