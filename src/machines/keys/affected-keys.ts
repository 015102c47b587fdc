import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { RevocationListWriter } from '../../sessions/revocation-list/revocation-list-writer.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { KeyChanges } from './key-changes.js';
import type { KeyOwner } from './key-owner.js';

/** How a change of an owner affects their keys: the owner was disabled, was deleted, or lost roles or scopes. */
export type EffectOnKeys = 'disabled' | 'deleted' | 'reduced';

/** Tells everybody that the keys of an owner must be judged anew: all instances, and services that verify tokens offline. */
@Injectable()
export class AffectedKeys {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly changes: KeyChanges,
    private readonly revocationList: RevocationListWriter,
    private readonly clock: Clock,
  ) {}

  /** `effect` is null if the change takes nothing away, such as a role that was granted. */
  async announce(tx: Transaction, owner: KeyOwner, effect: EffectOnKeys | null): Promise<void> {
    const ids = await this.keys.livingIds(tx, owner, this.clock.now());
    if (ids.length === 0) return;
    // The keys of an account that is enabled again work, but not the tokens that they got before.
    if (effect === 'reduced' || effect === 'disabled') {
      await this.voidTokens(tx, owner, ids, { issuedAt: null, reason: effect });
      return;
    }
    await this.changes.add(tx, owner.id);
    if (effect === null) return;
    const ended = ids.map((keyId) => ({ keyId, subject: owner.id }));
    await this.revocationList.keysEnded(tx, ended, effect);
  }

  /**
   * Voids the access tokens that keys of an owner got until now; returns whether it did. With `issuedAt`, Unix seconds, it has
   * no effect if the tokens of that second are void already. The caller has locked the owner's row.
   */
  async reduce(
    tx: Transaction,
    owner: KeyOwner,
    ids: readonly string[],
    issuedAt: number | null = null,
  ): Promise<boolean> {
    return this.voidTokens(tx, owner, ids, { issuedAt, reason: 'reduced' });
  }

  /** Returns how many active keys an owner has. */
  async count(tx: Transaction, owner: KeyOwner): Promise<number> {
    return this.keys.countLiving(owner, this.clock.now(), tx);
  }

  private async voidTokens(
    tx: Transaction,
    owner: KeyOwner,
    ids: readonly string[],
    { issuedAt, reason }: { issuedAt: number | null; reason: 'reduced' | 'disabled' },
  ): Promise<boolean> {
    const reduced = await this.keys.reduce(tx, ids, issuedAt);
    if (reduced.length === 0) return false;
    await this.changes.add(tx, owner.id);
    const keys = reduced.map(({ id, reducedAt }) => ({ keyId: id, subject: owner.id, reducedAt }));
    await this.revocationList.keysReduced(tx, keys, reason);
    return true;
  }
}
