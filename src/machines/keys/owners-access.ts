import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccessChanges, type AccessListener } from '../../sessions/revocation/access-changes.js';
import { AffectedKeys, type EffectOnKeys } from './affected-keys.js';
import { KeyRevocation } from './key-revocation.js';

/** The reasons to end all sessions that affect keys, too. Keys outlive the others, such as a new password. */
const EFFECTS: Readonly<Partial<Record<string, EffectOnKeys>>> = {
  account_disabled: 'disabled',
  account_deleted: 'deleted',
  roles_changed: 'reduced',
};

/** Keeps keys in step with the access of their owners. */
@Injectable()
export class OwnersAccess implements AccessListener, OnModuleInit {
  constructor(
    private readonly access: AccessChanges,
    private readonly keys: AffectedKeys,
    private readonly revocation: KeyRevocation,
  ) {}

  onModuleInit(): void {
    this.access.register(this);
  }

  async changed(tx: Transaction, userId: string, reason: string): Promise<void> {
    await this.keys.announce(tx, { kind: 'user', id: userId }, EFFECTS[reason] ?? null);
  }

  async voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void> {
    const which = since === null ? {} : { since };
    await this.revocation.end(tx, { kind: 'user', id: userId }, which, 'account_claimed', origin);
  }

  async countKeys(tx: Transaction, userId: string): Promise<number> {
    return this.keys.count(tx, { kind: 'user', id: userId });
  }
}
