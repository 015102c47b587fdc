import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { OwnSessions } from '../../sessions/own-sessions/own-sessions.service.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { KeyLifecycle } from './key-lifecycle.js';
import type { IssuedKey, KeyDescription } from './key-issuing.js';
import { KeyNotices } from './key-notices.js';
import type { KeyOwner } from './key-owner.js';
import { KeyRevocation } from './key-revocation.js';

/** The keys of a person, as managed by that person in a session. */
@Injectable()
export class OwnKeys {
  constructor(
    private readonly lifecycle: KeyLifecycle,
    private readonly revocation: KeyRevocation,
    private readonly notices: KeyNotices,
    private readonly users: UsersService,
    private readonly sessions: OwnSessions,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Makes a key, and tells the owner by mail. Throws `too_many_keys`. */
  async create(caller: SessionPrincipal, description: KeyDescription, origin: Origin): Promise<IssuedKey> {
    return this.run(caller, async (tx, owner, user) => {
      const issued = await this.lifecycle.create(tx, owner, description, origin);
      await this.notices.created(tx, user, issued.key, origin);
      return issued;
    });
  }

  /** Replaces a key. Throws `not_found`, `key_already_rotated` or `too_many_keys`. */
  async rotate(caller: SessionPrincipal, id: string, origin: Origin): Promise<IssuedKey> {
    return this.run(caller, async (tx, owner, user) => {
      const issued = await this.lifecycle.rotate(tx, owner, id, origin);
      await this.notices.created(tx, user, issued.key, origin);
      return issued;
    });
  }

  /** Ends a key. Throws `not_found`. */
  async revoke(caller: SessionPrincipal, id: string, origin: Origin): Promise<void> {
    await this.run(caller, (tx, owner) => this.lifecycle.revoke(tx, owner, id, 'revoked_by_owner', origin));
  }

  /** Ends all keys. */
  async revokeAll(caller: SessionPrincipal, origin: Origin): Promise<void> {
    await this.run(caller, (tx, owner) => this.revocation.end(tx, owner, {}, 'revoked_by_owner', origin));
  }

  /**
   * Runs a change under the lock of the account, which rules out that the session has just ended: keys outlive sessions,
   * so a session that somebody else is ending must not make one.
   */
  private async run<T>(
    caller: SessionPrincipal,
    change: (tx: Transaction, owner: KeyOwner, user: User) => Promise<T>,
  ): Promise<T> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, caller.userId);
      if (!user) throw new Problem(SessionErrors.session_ended);
      await this.sessions.lockLive(tx, caller);
      return change(tx, { kind: 'user', id: user.id }, user);
    });
  }
}
