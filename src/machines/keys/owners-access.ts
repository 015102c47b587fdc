import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccessChanges, type AccessListener } from '../../sessions/revocation/access-changes.js';
import type { User } from '../../users/user.entity.js';
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
    private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    this.access.register(this);
  }

  async changed(tx: Transaction, userId: string, reason: string): Promise<void> {
    await this.keys.announce(tx, { kind: 'user', id: userId }, EFFECTS[reason] ?? null);
  }

  /** Keys of owners with a role that needs a factor gain or lose what that role allows. */
  async factorsChanged(
    tx: Transaction,
    { id, roles }: Pick<User, 'id' | 'roles'>,
    hasFactor: boolean,
  ): Promise<void> {
    if (!roles.some((role) => this.environment.MFA_REQUIRED_ROLES.includes(role))) return;
    await this.keys.announce(tx, { kind: 'user', id }, hasFactor ? null : 'reduced');
  }

  async voided(tx: Transaction, userId: string, since: Date | null, origin: Origin): Promise<void> {
    const which = since === null ? {} : { since };
    await this.revocation.end(tx, { kind: 'user', id: userId }, which, 'account_claimed', origin);
  }

  async countKeys(tx: Transaction, userId: string): Promise<number> {
    return this.keys.count(tx, { kind: 'user', id: userId });
  }
}
