import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { CallerAccount } from '../../sessions/own-sessions/caller-account.js';
import type { User } from '../../users/user.entity.js';
import { KeyLifecycle } from './key-lifecycle.js';
import type { IssuedKey, KeyDescription } from './key-issuing.js';
import { KeyNotices } from './key-notices.js';
import type { LockedOwner } from './key-owner.js';
import { KeyRevocation } from './key-revocation.js';

/** The keys of a person, as managed by that person in a session. */
@Injectable()
export class OwnKeys {
  constructor(
    private readonly lifecycle: KeyLifecycle,
    private readonly revocation: KeyRevocation,
    private readonly notices: KeyNotices,
    private readonly account: CallerAccount,
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
   * Keys outlive sessions, so a session that somebody else is ending must not make one, nor one whose proof was taken. Throws
   * `insufficient_user_authentication` and `session_ended`.
   */
  private async run<T>(
    caller: SessionPrincipal,
    change: (tx: Transaction, owner: LockedOwner, user: User) => Promise<T>,
  ): Promise<T> {
    return this.account.lockedIfRecent(caller, (tx, user) => {
      const { id, lastLoginAt } = user;
      return change(tx, { kind: 'user', id, lastLoginAt }, user);
    });
  }
}
