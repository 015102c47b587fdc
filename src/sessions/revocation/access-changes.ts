import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';

/** What a kind of access other than sessions does when that of its owner changes. Both run in the transaction of the change. */
export interface AccessListener {
  /** The account was disabled or deleted, or may do other things than before. */
  changed(tx: Transaction, userId: string): Promise<void>;
  /** Nothing that was set up for the account since then, or ever for null, may give access any more. */
  voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void>;
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

  async changed(tx: Transaction, userId: string): Promise<void> {
    for (const listener of this.listeners) await listener.changed(tx, userId);
  }

  async voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void> {
    for (const listener of this.listeners) await listener.voided(tx, userId, since, origin);
  }
}
