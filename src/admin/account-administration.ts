import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ROLES, type Role } from '../platform/access/principal.js';
import { Clock } from '../platform/clock/clock.js';
import { type Transaction, TransactionRunner } from '../platform/database/transaction-runner.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { AccountGuessing } from '../rate-limit/guessing/account-guessing.js';
import { monotonicTimestamp } from '../users/monotonic-timestamp.js';
import type { User } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { SessionRevocation } from '../sessions/revocation/session-revocation.js';
import { AdminErrors } from './admin.errors.js';

/**
 * Operations of operators and administrators on an account, given by its id or canonical e-mail address. Operations
 * that revoke something also end the account's sessions. A change without effect is skipped and records no event.
 */
@Injectable()
export class AccountAdministration {
  constructor(
    private readonly users: UsersRepository,
    private readonly revocation: SessionRevocation,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** Prevents the account from signing in. Throws `last_administrator`, and `not_found` like all operations here. */
  async disable(who: string, origin: Origin): Promise<void> {
    await this.changeAdministrators(who, async (tx, user) => {
      if (user.disabledAt !== null) return;
      const changes = { disabledAt: this.clock.now() };
      assertKept(await this.users.updateUnlessLastAdministrator(tx, user.id, changes));
      await this.audit.record(tx, { type: 'user_disabled', ...done(user, origin), details: {} });
      await this.revocation.endAllOfUser(tx, user.id, 'account_disabled', origin);
    });
  }

  async enable(who: string, origin: Origin): Promise<void> {
    await this.change(who, async (tx, user) => {
      if (user.disabledAt === null) return;
      await this.users.update(tx, user.id, { disabledAt: null });
      await this.audit.record(tx, { type: 'user_enabled', ...done(user, origin), details: {} });
    });
  }

  /** Deletes the account. Its audit entries are kept under its id. Throws `last_administrator`. */
  async delete(who: string, origin: Origin): Promise<void> {
    await this.changeAdministrators(who, async (tx, user) => {
      await this.revocation.endAllOfUser(tx, user.id, 'account_deleted', origin);
      assertKept(await this.users.deleteUnlessLastAdministrator(tx, user.id));
      await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
      await this.audit.record(tx, { type: 'user_deleted', ...done(user, origin), details: {} });
    });
  }

  /** Unlocks an account that was locked after too many failed logins. */
  async unlock(who: string, origin: Origin): Promise<void> {
    await this.change(who, async (tx, user) => {
      await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
      await this.audit.record(tx, { type: 'user_unlocked', ...done(user, origin), details: {} });
    });
  }

  /**
   * Gives the account exactly these roles plus `user`, which every account has. Its sessions end because tokens carry
   * roles. Throws `last_administrator`.
   */
  async setRoles(who: string, wanted: readonly Role[], origin: Origin): Promise<void> {
    const roles = ROLES.filter((role) => role === 'user' || wanted.includes(role));
    await this.changeAdministrators(who, async (tx, user) => {
      const granted = roles.filter((role) => !user.roles.includes(role));
      const revoked = user.roles.filter((role) => !roles.includes(role));
      if (granted.length + revoked.length === 0) return;
      const updatedAt = monotonicTimestamp(user.updatedAt, this.clock.nowMs());
      const changes = { roles, updatedAt };
      if (!revoked.includes('admin')) await this.users.update(tx, user.id, changes);
      else assertKept(await this.users.updateUnlessLastAdministrator(tx, user.id, changes));
      const details = { granted, revoked };
      await this.audit.record(tx, { type: 'privilege_permissions_changed', ...done(user, origin), details });
      await this.revocation.endAllOfUser(tx, user.id, 'roles_changed', origin);
    });
  }

  /** Ends all sessions of the account and returns their number. */
  async endSessions(who: string, origin: Origin): Promise<number> {
    return this.change(who, (tx, user) =>
      this.revocation.endAllOfUser(tx, user.id, 'ended_by_administrator', origin),
    );
  }

  private async change<T>(who: string, work: (tx: Transaction, user: User) => Promise<T>): Promise<T> {
    return this.transactions.run((tx) => this.withLocked(tx, who, work));
  }

  /** Runs a change that might remove the last administrator. Serialized by a lock taken before the account's. */
  private async changeAdministrators<T>(
    who: string,
    work: (tx: Transaction, user: User) => Promise<T>,
  ): Promise<T> {
    return this.transactions.run(async (tx) => {
      await this.users.lockRoles(tx);
      return this.withLocked(tx, who, work);
    });
  }

  private async withLocked<T>(
    tx: Transaction,
    who: string,
    work: (tx: Transaction, user: User) => Promise<T>,
  ): Promise<T> {
    const user = await this.users.lockByName(tx, who);
    if (!user) throw new Problem(PlatformErrors.not_found);
    return work(tx, user);
  }
}

function assertKept(changed: boolean): void {
  if (!changed) throw new Problem(AdminErrors.last_administrator);
}

const done = (user: User, origin: Origin) => ({ outcome: 'success' as const, userId: user.id, origin });
