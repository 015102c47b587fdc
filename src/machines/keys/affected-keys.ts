import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { RevocationRecord } from '../../sessions/revocation-list/revocation-record.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { KeyChanges } from './key-changes.js';
import type { KeyOwner } from './key-owner.js';

/** What a change of an owner does to keys that stay: the owner is disabled or gone, or may do less. */
export type EffectOnKeys = 'disabled' | 'deleted' | 'reduced';

/** Tells everybody that the keys of an owner must be judged anew: all instances, and services that verify tokens offline. */
@Injectable()
export class AffectedKeys {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly changes: KeyChanges,
    private readonly record: RevocationRecord,
    private readonly clock: Clock,
  ) {}

  /** Null is an effect that voids nothing, such as a role that was granted. */
  async announce(tx: Transaction, owner: KeyOwner, effect: EffectOnKeys | null): Promise<void> {
    const ids = await this.keys.livingIds(tx, owner, this.clock.now());
    const [first, ...others] = ids.map((keyId) => ({ keyId, subject: owner.id }));
    if (!first) return;
    await this.changes.add(tx, owner.id);
    if (effect === 'reduced') await this.record.keysReduced(tx, [first, ...others]);
    else if (effect !== null) await this.record.keysEnded(tx, [first, ...others], effect);
  }
}
