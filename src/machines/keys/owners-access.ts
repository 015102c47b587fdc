import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import {
  AccessChanges,
  type AccessListener,
  type FactorState,
} from '../../sessions/revocation/access-changes.js';
import type { RevocationReason } from '../../sessions/revocation-reason.js';
import type { User } from '../../users/user.entity.js';
import { AffectedKeys, type EffectOnKeys } from './affected-keys.js';
import { KeyRevocation } from './key-revocation.js';

/**
 * What the end of all sessions of an account does to its keys, by reason. Most reasons concern the sessions or the
 * password, which keys outlive.
 */
const EFFECTS: Readonly<Record<RevocationReason, EffectOnKeys | null>> = {
  account_disabled: 'disabled',
  account_deleted: 'deleted',
  roles_changed: 'reduced',
  logout: null,
  refresh_token_reused: null,
  password_changed: null,
  password_reset: null,
  disowned: null,
  address_undone: null,
  recovered: null,
  session_limit: null,
  ended_by_user: null,
  response_to_alert: null,
  ended_by_administrator: null,
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

  async changed(tx: Transaction, userId: string, reason: RevocationReason): Promise<void> {
    await this.keys.announce(tx, { kind: 'user', id: userId }, EFFECTS[reason]);
  }

  /** Keys of owners with a role that needs a factor gain or lose what that role allows. */
  async factorsChanged(
    tx: Transaction,
    { id, roles }: Pick<User, 'id' | 'roles'>,
    { hasFactor }: FactorState,
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
