import { Injectable } from '@nestjs/common';
import bcrypt from 'bcrypt';
import { createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Subject } from 'rxjs';
import { Environment } from '../../../platform/config/environment.js';
import { HashQueue } from './hash-queue.js';
import { PasswordCostsRepository } from './password-costs.repository.js';
import { letPoolYield } from './pool-priority.js';

/** How long one hash took and waited, seconds. */
export interface HashTiming {
  readonly hashSeconds: number;
  readonly waitSeconds: number;
}

/** What one hash of cost 12 takes on a server of 2026, milliseconds; each step of the cost doubles it. */
const COST_12_MS = 250;

/** The cost in a bcrypt hash. */
const COST = /^\$2[aby]\$(\d\d)\$/;

/**
 * bcrypt over base64(HMAC-SHA-384(pepper, NFC password)), the pre-hash that OWASP's Password Storage Cheat Sheet
 * approves: 64 characters fit bcrypt's 72 bytes whatever the password, and the database alone verifies nothing.
 * One hash per core at a time, because bcrypt runs on libuv's pool; beyond a bounded wait, `overloaded`.
 */
@Injectable()
export class PasswordHasher {
  /** Every finished hash, for the metrics. */
  readonly completed = new Subject<HashTiming>();
  private readonly rounds: number;
  private readonly pepper: string;
  private readonly queue: HashQueue;
  /** The highest cost that a stored hash is known to have, or the configured one. */
  private highestCost: number;
  private storedCosts: Promise<void> | null = null;
  private poolYields = false;

  constructor(
    environment: Environment,
    private readonly costs: PasswordCostsRepository,
  ) {
    this.rounds = environment.BCRYPT_ROUNDS;
    this.pepper = environment.PASSWORD_PEPPER;
    const width = Math.max(1, Math.floor(availableParallelism() / environment.WEB_CONCURRENCY));
    this.queue = new HashQueue(width, environment.HASH_MAX_WAIT_MS, COST_12_MS * 2 ** (this.rounds - 12));
    this.highestCost = this.rounds;
  }

  /** Hashes that wait for a core. */
  get queueLength(): number {
    return this.queue.length;
  }

  /**
   * Throws `overloaded`, after 0.7 s, if a hash requested now would wait too long. Hashes for known owners, who come
   * with a known device of their account or in a session, have a share of the queue that strangers cannot take.
   */
  async assertRoom(isOwner = false): Promise<void> {
    await this.queue.assertRoom(isOwner);
  }

  /** Hashes a new password. `owner` is the user's id if a known owner asks, as for {@link verify}. */
  async hash(password: string, owner: string | null = null): Promise<string> {
    return this.timed(() => bcrypt.hash(this.preHash(password), this.rounds), owner);
  }

  /**
   * Compares, and is false when there is no account (`hash` null). Every call does the work of one hash of the highest
   * cost there is, whatever the stored one has: 2^c for a hash of cost c, and as much again with each dummy of cost c,
   * c + 1 and so on. A dummy of the configured cost alone would tell accounts apart once `BCRYPT_ROUNDS` had changed,
   * because their hashes follow only when their owners sign in; a mix of costs for unknown accounts would have to keep
   * up with how many accounts have which. The price is that old hashes take as long as new ones.
   */
  async verify(password: string, hash: string | null, owner: string | null = null): Promise<boolean> {
    const stored = hash === null ? null : costOf(hash);
    await (this.storedCosts ??= this.readStoredCosts());
    this.highestCost = Math.max(this.highestCost, stored ?? 0);
    const preHash = this.preHash(password);
    return this.timed(async () => {
      const same = await bcrypt.compare(preHash, stored === null ? dummyHash(this.highestCost) : hash!);
      for (let cost = stored ?? this.highestCost; cost < this.highestCost; cost += 1)
        await bcrypt.compare(preHash, dummyHash(cost));
      return same && stored !== null;
    }, owner);
  }

  /** Whether a stored hash has another cost than the configured one. */
  isOutdated(hash: string): boolean {
    return bcrypt.getRounds(hash) !== this.rounds;
  }

  /** Once in a process; costs above the configured one come from an earlier configuration. */
  private async readStoredCosts(): Promise<void> {
    try {
      this.highestCost = Math.max(this.highestCost, (await this.costs.highest()) ?? 0);
    } catch {
      // Read again at the next call; until then, hashes that are met raise the cost.
      this.storedCosts = null;
    }
  }

  private preHash(password: string): string {
    return createHmac('sha384', this.pepper).update(password.normalize('NFC')).digest('base64');
  }

  /** After the first hash, for the pool has no threads before. */
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

/** Null if the text is not a bcrypt hash; no password matches it. */
function costOf(hash: string): number | null {
  const [, digits] = COST.exec(hash) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** A hash that no password matches. */
function dummyHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
