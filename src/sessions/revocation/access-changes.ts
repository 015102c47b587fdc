import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import type { RevocationReason } from '../revocation-reason.js';

/** Whether an account has a second factor now. */
export interface FactorState {
  readonly hasFactor: boolean;
}

/** What a kind of access other than sessions does when that of its owner changes, in the transaction of the change. */
export interface AccessListener {
  /** All sessions of an account were ended for this reason, such as that it was disabled or has other roles. */
  changed(tx: Transaction, userId: string, reason: RevocationReason): Promise<void>;
  /** An account got a second factor, or lost its last. The caller has locked it. */
  factorsChanged(tx: Transaction, user: Pick<User, 'id' | 'roles'>, state: FactorState): Promise<void>;
  /** Nothing that was set up for the account since then, or ever for null, may give access any more. */
  voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void>;
  /** Returns how many active keys an account has; they outlive a new password. */
  countKeys(tx: Transaction, userId: string): Promise<number>;
}

/**
 * Announces changes of an account's access, for modules that issue access which outlives sessions. They register here, so
 * that this module does not depend on them.
 */
@Injectable()
export class AccessChanges {
  private readonly listeners: AccessListener[] = [];

  register(listener: AccessListener): void {
    this.listeners.push(listener);
  }

  async changed(tx: Transaction, userId: string, reason: RevocationReason): Promise<void> {
    for (const listener of this.listeners) await listener.changed(tx, userId, reason);
  }

  async factorsChanged(tx: Transaction, user: Pick<User, 'id' | 'roles'>, state: FactorState): Promise<void> {
    for (const listener of this.listeners) await listener.factorsChanged(tx, user, state);
  }

  async voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void> {
    for (const listener of this.listeners) await listener.voided(tx, userId, since, origin);
  }

  /** Returns how many keys of any kind an account has. */
  async countKeys(tx: Transaction, userId: string): Promise<number> {
    let keys = 0;
    for (const listener of this.listeners) keys += await listener.countKeys(tx, userId);
    return keys;
  }
}
