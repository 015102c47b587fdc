import { Injectable } from '@nestjs/common';
import type { MachinePrincipal, Role } from '../../platform/access/principal.js';
import { voidUntilOf } from '../../platform/access/void-until.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import { FailedLookUpLimit } from '../../rate-limit/failed-look-up-limit.js';
import { rolesAtLevel } from '../../sessions/role-level.js';
import { KeyLookUpRepository, type KeyWithOwner } from './key-look-up.repository.js';
import { KeyChanges } from './key-changes.js';
import type { KeyDigest } from './key-digests.js';
import { scopesAllowedTo } from './scopes.js';

/** The number of remembered keys, about 1 KB each; the one read longest ago is dropped first. */
const CAPACITY = 20_000;

/** How long a key is remembered, milliseconds, in case a change of its owner is not announced to this process. */
const FRESH_MS = 30_000;

/** A key that is accepted. */
export interface ActiveKey {
  /** What calls with the key can do. */
  readonly caller: MachinePrincipal;
  /** When it was made, Unix seconds. */
  readonly createdAt: number;
}

/** A key that is not accepted. */
export interface RejectedKey {
  /** Null for a key that never existed, or that was purged. */
  readonly keyId: string | null;
  /** Null for a key of a service account. */
  readonly userId: string | null;
  readonly serviceAccountId: string | null;
  readonly fault: 'unknown_key' | 'revoked' | 'expired' | 'owner_disabled';
}

const UNKNOWN: RejectedKey = { keyId: null, userId: null, serviceAccountId: null, fault: 'unknown_key' };

interface Remembered {
  readonly key: ActiveKey;
  readonly ownerId: string;
  readonly readMs: number;
}

/**
 * Finds the caller of a key. Keys in use are remembered in the process, so that most requests cost neither a query nor a
 * round trip; a change of the key or its owner reaches every process within a second. Rejected keys are not remembered.
 */
@Injectable()
export class ApiKeyCache {
  private readonly known = new BoundedMap<string, Remembered>(CAPACITY);
  private readonly underWay = new Map<string, Promise<ActiveKey | RejectedKey>>();

  constructor(
    private readonly keys: KeyLookUpRepository,
    private readonly changes: KeyChanges,
    private readonly clock: Clock,
    private readonly environment: Environment,
    private readonly lookUps: FailedLookUpLimit,
  ) {
    changes.onChange((ownerIds) => this.forget(ownerIds));
  }

  /**
   * Finds a key by its current digest, or by those under former secrets, which are computed only if it must be read. If a
   * network is given, its look-ups take turns, and failed ones are limited; keys that are or were in use are read at once.
   * Throws `dependency_unavailable` and `rate_limited`.
   */
  async find(
    current: KeyDigest,
    allDigests: () => readonly Buffer[],
    network: string | null = null,
  ): Promise<ActiveKey | RejectedKey> {
    const name = current.digest.toString('latin1');
    const query = async () => {
      const found = await this.keys.findByDigest(allDigests());
      // A key that was made before the master secret changed is rewritten when it is used.
      if (found && found.key.secretId !== current.secretId) await this.keys.redigest(found.key, current);
      return found;
    };
    return this.found(name, query, network);
  }

  /** Finds a key by its current digest among those in use, without a query; others are as if they did not exist. */
  remembered({ digest }: KeyDigest): ActiveKey | RejectedKey {
    return this.trusted(digest.toString('latin1')) ?? UNKNOWN;
  }

  /** Finds the key that got an access token. Throws `dependency_unavailable`. */
  async findById(id: string): Promise<ActiveKey | RejectedKey> {
    return this.found(`id ${id}`, () => this.keys.findById(id));
  }

  /** Reads a key in a transaction, which keeps it from being revoked. The caller has locked the row of its owner. */
  async findAnew(tx: Transaction, id: string): Promise<ActiveKey | RejectedKey> {
    const found = await this.keys.share(tx, id);
    return judged(found, this.clock.nowMs(), this.environment.MFA_REQUIRED_ROLES);
  }

  private async found(
    name: string,
    query: () => Promise<KeyWithOwner | null>,
    network: string | null = null,
  ): Promise<ActiveKey | RejectedKey> {
    this.changes.start();
    const trusted = this.trusted(name);
    if (trusted) return trusted;
    const read = () => this.once(name, () => this.read(name, query, network));
    if (network === null || this.known.has(name)) return read();
    // One network does not wait for the turn of another, also for the same key.
    return this.once(`${name} ${network}`, () =>
      this.lookUps.run(network, async () => this.trusted(name) ?? read()),
    );
  }

  /** Many requests of one key at once cost one query. */
  private once(name: string, find: () => Promise<ActiveKey | RejectedKey>): Promise<ActiveKey | RejectedKey> {
    const outcome = this.underWay.get(name) ?? find().finally(() => this.underWay.delete(name));
    this.underWay.set(name, outcome);
    return outcome;
  }

  private async read(
    name: string,
    query: () => Promise<KeyWithOwner | null>,
    network: string | null,
  ): Promise<ActiveKey | RejectedKey> {
    const isWatching = this.changes.isCurrent;
    const { generation } = this.changes;
    const readMs = performance.now();
    const outcome = judged(await query(), this.clock.nowMs(), this.environment.MFA_REQUIRED_ROLES);
    if (!('caller' in outcome)) {
      this.known.delete(name);
      if (network !== null) this.lookUps.count(network);
    }
    // What changed while the query ran may not be in its answer, and would not be announced again.
    else if (isWatching && generation === this.changes.generation)
      this.known.set(name, { key: outcome, ownerId: ownerIdOf(outcome.caller), readMs });
    return outcome;
  }

  private trusted(name: string): ActiveKey | null {
    const remembered = this.known.get(name);
    return remembered && this.isTrusted(remembered) ? remembered.key : null;
  }

  private isTrusted({ key, readMs }: Remembered): boolean {
    return (
      this.changes.isCurrent &&
      performance.now() - readMs < FRESH_MS &&
      key.caller.expiresAt * 1000 > this.clock.nowMs()
    );
  }

  private forget(ownerIds: ReadonlySet<string> | null): void {
    if (ownerIds === null) this.known.clear();
    else this.known.deleteWhere(({ ownerId }) => ownerIds.has(ownerId));
  }
}

/** Judges a key by itself and by what its owner may do at present. */
function judged(
  found: KeyWithOwner | null,
  nowMs: number,
  needFactor: readonly Role[],
): ActiveKey | RejectedKey {
  if (!found) return UNKNOWN;
  const { key, user, account } = found;
  const { id: keyId, userId, serviceAccountId } = key;
  const rejected = (fault: RejectedKey['fault']): RejectedKey => ({ keyId, userId, serviceAccountId, fault });
  if (key.revokedAt) return rejected('revoked');
  if (key.expiresAt.getTime() <= nowMs) return rejected('expired');
  const shared = {
    keyId,
    expiresAt: secondsOf(key.expiresAt),
    voidUntil: voidUntilOf(key.reducedAt),
  };
  const createdAt = secondsOf(key.createdAt);
  if (userId !== null) {
    if (!user || user.disabledAt) return rejected('owner_disabled');
    // A key has proven no factor itself: what counts is that its owner has one.
    const roles = rolesAtLevel(user.roles, user.hasFactor ? 'aal2' : 'aal1', needFactor);
    const scopes = scopesAllowedTo(roles, key.scopes);
    return { caller: { kind: 'api-key', userId, roles, scopes, ...shared }, createdAt };
  }
  if (serviceAccountId === null || !account || account.disabledAt) return rejected('owner_disabled');
  const scopes = key.scopes.filter((scope) => account.scopes.includes(scope));
  return { caller: { kind: 'service-account', serviceAccountId, scopes, ...shared }, createdAt };
}

const secondsOf = (time: Date) => Math.floor(time.getTime() / 1000);

const ownerIdOf = (principal: MachinePrincipal) =>
  principal.kind === 'api-key' ? principal.userId : principal.serviceAccountId;
