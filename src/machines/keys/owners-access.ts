import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccessChanges, type AccessListener } from '../../sessions/revocation/access-changes.js';
import { KeyChanges } from './key-changes.js';
import { KeyRevocation } from './key-revocation.js';

/** Keeps keys in step with the access of their owners. */
@Injectable()
export class OwnersAccess implements AccessListener, OnModuleInit {
  constructor(
    private readonly access: AccessChanges,
    private readonly changes: KeyChanges,
    private readonly revocation: KeyRevocation,
  ) {}

  onModuleInit(): void {
    this.access.register(this);
  }

  /** The keys stay, and are judged anew at their next use. */
  async changed(tx: Transaction, userId: string): Promise<void> {
    await this.changes.add(tx, userId);
  }

  async voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void> {
    const which = since === null ? {} : { since };
    await this.revocation.end(tx, { kind: 'user', id: userId }, which, 'account_claimed', origin);
  }
}
