import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Randomness } from '../../platform/crypto/randomness.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { notBeforeLogin } from '../../users/login-order.js';
import { MachinesErrors } from '../machines.errors.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { KeyDigests } from './key-digests.js';
import { hintOf, newKey } from './key-format.js';
import type { LockedOwner } from './key-owner.js';

const DAY_MS = 86_400_000;

/** How many active keys an owner can have. */
const MAX_KEYS = 50;

/** How long a key lives on after its rotation, so that its users can change to the new one. */
const OVERLAP_MS = DAY_MS;

/** What a key is made with. */
export interface KeyDescription {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly lifetimeDays: number;
}

/** A new key. Its text is known only here. */
export interface IssuedKey {
  readonly key: ApiKey;
  readonly text: string;
}

/** Makes API keys. Callers have locked the owner's row, so that no two of them count the same keys. */
@Injectable()
export class KeyIssuing {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly digests: KeyDigests,
    private readonly randomness: Randomness,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** Throws `too_many_keys`. */
  async issue(
    tx: Transaction,
    owner: LockedOwner,
    { name, scopes, lifetimeDays }: KeyDescription,
  ): Promise<IssuedKey> {
    const createdAt = notBeforeLogin(owner.lastLoginAt ?? null, this.clock.now());
    if ((await this.keys.countLiving(owner, createdAt, tx)) >= MAX_KEYS)
      throw new Problem(MachinesErrors.too_many_keys);
    const text = newKey(owner.kind, this.randomness);
    const key = Object.assign(new ApiKey(), {
      id: this.ids.next(),
      userId: owner.kind === 'user' ? owner.id : null,
      serviceAccountId: owner.kind === 'user' ? null : owner.id,
      name,
      scopes: [...scopes],
      hint: hintOf(text),
      ...this.digests.of(text),
      lifetimeDays,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + lifetimeDays * DAY_MS),
      revokedAt: null,
      reducedAt: null,
      successorId: null,
      lastUsedAt: null,
      noticedDays: null,
    } satisfies ApiKey);
    await this.keys.insert(tx, key);
    return { key, text };
  }

  /**
   * Makes the successor of a key, with the same name, scopes and lifetime. The old key ends after a day at the latest.
   * Throws `not_found`, `key_already_rotated` or `too_many_keys`.
   */
  async rotate(tx: Transaction, owner: LockedOwner, id: string): Promise<IssuedKey> {
    const now = this.clock.now();
    const old = await this.keys.findOne(tx, owner, id, now);
    if (!old) throw new Problem(PlatformErrors.not_found);
    if (old.successorId !== null) throw new Problem(MachinesErrors.key_already_rotated);
    const issued = await this.issue(tx, owner, old);
    const endsAt = new Date(now.getTime() + OVERLAP_MS);
    if (!(await this.keys.succeed(tx, id, issued.key.id, endsAt, now)))
      throw new Problem(MachinesErrors.key_already_rotated);
    return issued;
  }
}
