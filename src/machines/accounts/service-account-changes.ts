import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AffectedKeys, type EffectOnKeys } from '../keys/affected-keys.js';
import { KeyRevocation } from '../keys/key-revocation.js';
import type { ServiceAccount } from '../service-account.entity.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';

/** What a change of a service account does to its keys, and its record. Callers have locked the account if it exists. */
@Injectable()
export class ServiceAccountChanges {
  constructor(
    private readonly accounts: ServiceAccountsRepository,
    private readonly keys: AffectedKeys,
    private readonly revocation: KeyRevocation,
    private readonly audit: AuditService,
  ) {}

  /** Stores a new account, which has no keys yet. */
  async create(tx: Transaction, account: ServiceAccount, origin: Origin): Promise<void> {
    await this.accounts.insert(tx, account);
    const details = { serviceAccountId: account.id, scopes: account.scopes };
    await this.audit.record(tx, { type: 'service_account_created', outcome: 'success', origin, details });
  }

  /** Stores the changed members; the keys are judged anew at their next use. */
  async apply(tx: Transaction, before: ServiceAccount, after: ServiceAccount, origin: Origin): Promise<void> {
    const { name, scopes, disabledAt } = after;
    const members = [
      ...(name === before.name ? [] : ['name']),
      ...(sameScopes(scopes, before.scopes) ? [] : ['scopes']),
      ...((disabledAt === null) === (before.disabledAt === null) ? [] : ['disabled']),
    ];
    if (members.length === 0) return;
    await this.accounts.update(tx, after.id, { name, scopes, disabledAt });
    await this.keys.announce(tx, { kind: 'service-account', id: after.id }, effectOf(before, after));
    await this.audit.record(tx, {
      type: 'service_account_updated',
      outcome: 'success',
      origin,
      details: { serviceAccountId: after.id, members, scopes, disabled: disabledAt !== null },
    });
  }

  /** Revokes the keys and deletes the account with them. */
  async delete(tx: Transaction, { id }: ServiceAccount, origin: Origin): Promise<void> {
    await this.revocation.end(tx, { kind: 'service-account', id }, {}, 'account_deleted', origin);
    await this.accounts.delete(tx, id);
    const details = { serviceAccountId: id };
    await this.audit.record(tx, { type: 'service_account_deleted', outcome: 'success', origin, details });
  }
}

function effectOf(before: ServiceAccount, after: ServiceAccount): EffectOnKeys | null {
  if (after.disabledAt !== null && before.disabledAt === null) return 'disabled';
  return before.scopes.every((scope) => after.scopes.includes(scope)) ? null : 'reduced';
}

const sameScopes = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((scope) => other.includes(scope));
