import { Injectable } from '@nestjs/common';
import bcrypt from 'bcrypt';
import { createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Subject } from 'rxjs';
import { Environment } from '../../../platform/config/environment.js';
import { Peppers } from '../../../platform/crypto/master-key.js';
import { HashQueue, type Requesters } from './hash-queue.js';
import { ForeignHashes } from './foreign/foreign-hashes.js';
import { PasswordCostsRepository } from './password-costs.repository.js';
import { FOREIGN_HASH, joinedHash, storedHash } from './stored-hash.js';
import { letPoolYield } from './pool-priority.js';

/** How long one hash took and how long it waited, seconds. */
export interface HashTiming {
  readonly hashSeconds: number;
  readonly waitSeconds: number;
}

/** The typical duration of a hash of cost 12 on a current server, milliseconds; each step of the cost doubles it. */
const COST_12_MS = 250;

/** The cost in a bcrypt hash. */
const COST = /^\$2[aby]\$(\d\d)\$/;

/**
 * bcrypt of base64(HMAC-SHA-384(pepper, NFC password)), the pre-hash that OWASP's Password Storage Cheat Sheet
 * approves. Its 64 characters fit in bcrypt's 72 bytes regardless of the password, and a copy of the database is not
 * enough to verify guesses. One hash per core runs at a time, because bcrypt runs in libuv's thread pool; if the wait
 * would be too long, methods throw `overloaded`.
 */
@Injectable()
export class PasswordHasher {
  /** Emits the timing of every finished hash, for the metrics. */
  readonly completed = new Subject<HashTiming>();
  private readonly rounds: number;
  private readonly queue: HashQueue;
  /** The highest known cost of a stored hash, or the configured one if that is higher. */
  private highestCost: number;
  private storedCosts: Promise<void> | null = null;
  private poolYields = false;

  constructor(
    environment: Environment,
    private readonly peppers: Peppers,
    private readonly costs: PasswordCostsRepository,
    private readonly foreign: ForeignHashes,
  ) {
    this.rounds = environment.BCRYPT_ROUNDS;
    const width = Math.max(1, Math.floor(availableParallelism() / environment.WEB_CONCURRENCY));
    this.queue = new HashQueue(width, environment.HASH_MAX_WAIT_MS, COST_12_MS * 2 ** (this.rounds - 12));
    this.highestCost = this.rounds;
  }

  /** The number of hashes that wait for a core. */
  get queueLength(): number {
    return this.queue.length;
  }

  /** How many hashes were refused as `overloaded` since the start of the process. */
  get refusals(): number {
    return this.queue.refusals;
  }

  /**
   * Throws `overloaded`, after 0.7 s, if a hash requested now would be ready too late. Hashes for known owners, who come
   * with a known device of their account or in a session, have a share of the queue that strangers cannot take.
   */
  async assertRoom(requesters: Requesters): Promise<void> {
    await this.queue.assertRoom(requesters);
  }

  /**
   * Hashes a new password with the current pepper, whose id the result contains. `owner` is the user's id if a known
   * owner asks, as for {@link verify}.
   */
  async hash(password: string, owner: string | null = null): Promise<string> {
    const pepperId = this.peppers.id;
    const hash = await this.timed(() => bcrypt.hash(this.preHash(password, pepperId), this.rounds), owner);
    return joinedHash({ pepperId, hash });
  }

  /** As {@link hash}; null if the hash would have to wait. */
  async hashIfFree(password: string): Promise<string | null> {
    return this.queue.isFree ? this.hash(password) : null;
  }

  /**
   * Compares a password with a hash; false if there is no account (`hash` is null). Every call does the work of one
   * hash of the highest known cost, regardless of the stored one: 2^c for the hash of cost c, and as much again with
   * each dummy hash of cost c, c + 1 and so on. A single dummy of the configured cost would reveal which accounts
   * exist after a change of `BCRYPT_ROUNDS`, because stored hashes are only renewed when their owners sign in. The
   * drawback is that old hashes take as long as new ones.
   */
  async verify(password: string, hash: string | null, owner: string | null = null): Promise<boolean> {
    const { hash: text, pepperId } = storedHash(hash ?? '');
    if (text.startsWith(FOREIGN_HASH)) {
      const isMatch = await this.foreign.verify(password, text, owner);
      // As much work as for any other account; that of the foreign hash shows until the first login.
      await this.verify(password, null, owner);
      return isMatch;
    }
    const stored = costOf(text);
    await (this.storedCosts ??= this.readStoredCosts());
    this.highestCost = Math.max(this.highestCost, stored ?? 0);
    const isReadable = pepperId === null || this.peppers.knows(pepperId);
    const preHash = this.preHash(password, isReadable ? pepperId : this.peppers.id);
    return this.timed(async () => {
      const same = await bcrypt.compare(preHash, stored === null ? dummyHash(this.highestCost) : text);
      for (let cost = stored ?? this.highestCost; cost < this.highestCost; cost += 1)
        await bcrypt.compare(preHash, dummyHash(cost));
      return same && stored !== null && isReadable;
    }, owner);
  }

  /** Whether a stored hash is of another system, or has another cost or pepper than new ones. */
  isOutdated(stored: string): boolean {
    const { hash, pepperId } = storedHash(stored);
    if (hash.startsWith(FOREIGN_HASH)) return true;
    return bcrypt.getRounds(hash) !== this.rounds || pepperId !== this.peppers.id;
  }

  /** Reads the stored costs once per process; costs above the configured one come from an earlier configuration. */
  private async readStoredCosts(): Promise<void> {
    try {
      this.highestCost = Math.max(this.highestCost, (await this.costs.highest()) ?? 0);
    } catch {
      // Read again at the next call; until then, each hash that is compared can raise the known cost.
      this.storedCosts = null;
    }
  }

  private preHash(password: string, pepperId: string | null): string {
    return createHmac('sha384', this.peppers.of(pepperId)).update(password.normalize('NFC')).digest('base64');
  }

  /** Called after the first hash, because the pool has no threads before it. */
  private letPoolYield(): void {
    if (!this.poolYields) letPoolYield();
    this.poolYields = true;
  }

  private async timed<T>(work: () => Promise<T>, owner: string | null): Promise<T> {
    return this.queue.run(async (waitMs) => {
      const startedMs = performance.now();
      const result = await work();
      this.letPoolYield();
      this.completed.next({
        hashSeconds: (performance.now() - startedMs) / 1000,
        waitSeconds: waitMs / 1000,
      });
      return result;
    }, owner);
  }
}

/** Returns null if the text is not a bcrypt hash; no password matches such a text. */
function costOf(hash: string): number | null {
  const [, digits] = COST.exec(hash) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** A hash that no password matches. */
function dummyHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
