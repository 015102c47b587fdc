import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Role } from '../platform/access/principal.js';
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

/** What an operator may do to an account. Whatever takes something away ends the account's sessions with it. */
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

  /** Keeps the account from signing in. Throws `not_found`, as all of these do. */
  async disable(email: string, origin: Origin): Promise<void> {
    await this.change(email, async (tx, user) => {
      await this.users.update(tx, user.id, { disabledAt: this.clock.now() });
      await this.audit.record(tx, { type: 'user_disabled', ...done(user, origin), details: {} });
      await this.revocation.endAllOfUser(tx, user.id, 'account_disabled', origin);
    });
  }

  async enable(email: string, origin: Origin): Promise<void> {
    await this.change(email, async (tx, user) => {
      await this.users.update(tx, user.id, { disabledAt: null });
      await this.audit.record(tx, { type: 'user_enabled', ...done(user, origin), details: {} });
    });
  }

  /** Removes the account. Its entries in the trail stay, by its id. */
  async delete(email: string, origin: Origin): Promise<void> {
    await this.change(email, async (tx, user) => {
      await this.revocation.endAllOfUser(tx, user.id, 'account_deleted', origin);
      await this.users.delete(tx, user.id);
      await this.guessing.unlock(this.audit.emailDigest(email), tx);
      await this.audit.record(tx, { type: 'user_deleted', ...done(user, origin), details: {} });
    });
  }

  /** Opens an account that too many failures have closed. */
  async unlock(email: string, origin: Origin): Promise<void> {
    await this.change(email, async (tx, user) => {
      await this.guessing.unlock(this.audit.emailDigest(email), tx);
      await this.audit.record(tx, { type: 'user_unlocked', ...done(user, origin), details: {} });
    });
  }

  /** Gives the account these roles and no others. Tokens carry roles, so its sessions end. */
  async setRoles(email: string, roles: readonly Role[], origin: Origin): Promise<void> {
    await this.change(email, async (tx, user) => {
      const granted = roles.filter((role) => !user.roles.includes(role));
      const revoked = user.roles.filter((role) => !roles.includes(role));
      if (granted.length + revoked.length === 0) return;
      const updatedAt = monotonicTimestamp(user.updatedAt, this.clock.nowMs());
      await this.users.update(tx, user.id, { roles: [...roles], updatedAt });
      const details = { granted, revoked };
      await this.audit.record(tx, { type: 'privilege_permissions_changed', ...done(user, origin), details });
      await this.revocation.endAllOfUser(tx, user.id, 'roles_changed', origin);
    });
  }

  private async change<T>(email: string, work: (tx: Transaction, user: User) => Promise<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lockByEmail(tx, email);
      if (!user) throw new Problem(PlatformErrors.not_found);
      return work(tx, user);
    });
  }
}

const done = (user: User, origin: Origin) => ({ outcome: 'success' as const, userId: user.id, origin });
