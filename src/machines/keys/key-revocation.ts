import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { internalOrigin, type Origin } from '../../platform/http/origin.js';
import { RevocationListWriter } from '../../sessions/revocation-list/revocation-list-writer.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository, type KeySelector } from './api-keys.repository.js';
import { KeyChanges } from './key-changes.js';
import { eventAbout, type KeyOwner, ownerOf } from './key-owner.js';

/** Why a key ended before it expired. */
export type KeyRevocationReason =
  | 'revoked_by_owner'
  | 'revoked_by_administrator'
  | 'leaked'
  | 'account_claimed'
  | 'account_deleted'
  | 'secret_forgotten';

/** What services that verify tokens offline are told. */
const LISTED = {
  revoked_by_owner: 'key_revoked',
  revoked_by_administrator: 'key_revoked',
  leaked: 'key_leaked',
  account_claimed: 'key_revoked',
  account_deleted: 'deleted',
  secret_forgotten: 'key_revoked',
} as const satisfies Record<KeyRevocationReason, string>;

const SECRET_CHANGE = internalOrigin('secret-change');

/** Ends API keys, on every instance. The only code that does. */
@Injectable()
export class KeyRevocation {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly changes: KeyChanges,
    private readonly revocationList: RevocationListWriter,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Ends active keys of an owner in the caller's transaction; returns those that it ended. */
  async end(
    tx: Transaction,
    owner: KeyOwner,
    which: KeySelector,
    reason: KeyRevocationReason,
    origin: Origin,
  ): Promise<ApiKey[]> {
    const ended = await this.keys.revoke(tx, owner, which, this.clock.now());
    await this.tell(tx, owner, ended, reason, origin);
    return ended;
  }

  /** Ends all active keys whose digests depend on a master secret that the operator gives up. */
  async endMadeWith(tx: Transaction, secretId: string): Promise<void> {
    const ended = await this.keys.revokeMadeWith(tx, secretId, this.clock.now());
    for (const keys of Map.groupBy(ended, (key) => ownerOf(key).id).values())
      await this.tell(tx, ownerOf(keys[0]!), keys, 'secret_forgotten', SECRET_CHANGE);
  }

  private async tell(
    tx: Transaction,
    owner: KeyOwner,
    ended: readonly Pick<ApiKey, 'id'>[],
    reason: KeyRevocationReason,
    origin: Origin,
  ): Promise<void> {
    if (ended.length === 0) return;
    await this.changes.add(tx, owner.id);
    const keys = ended.map((key) => ({ keyId: key.id, subject: owner.id }));
    await this.revocationList.keysEnded(tx, keys, LISTED[reason]);
    for (const key of ended) {
      const event = { outcome: 'success' as const, reason, origin, ...eventAbout(owner, key.id) };
      await this.audit.record(tx, { type: 'api_key_revoked', ...event });
    }
  }
}
