import { Injectable } from '@nestjs/common';
import bcrypt from 'bcrypt';
import { createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Subject } from 'rxjs';
import { Environment } from '../../../platform/config/environment.js';
import { HashQueue } from './hash-queue.js';
import { letPoolYield } from './pool-priority.js';

/** How long one hash took and waited, seconds. */
export interface HashTiming {
  readonly hashSeconds: number;
  readonly waitSeconds: number;
}

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
  /** A hash that no password matches, of the same cost as a real one. */
  private readonly dummyHash: string;
  private poolYields = false;

  constructor(environment: Environment) {
    this.rounds = environment.BCRYPT_ROUNDS;
    this.pepper = environment.PASSWORD_PEPPER;
    const width = Math.max(1, Math.floor(availableParallelism() / environment.WEB_CONCURRENCY));
    this.queue = new HashQueue(width, environment.HASH_MAX_WAIT_MS);
    this.dummyHash = `$2b$${String(this.rounds).padStart(2, '0')}$${'.'.repeat(53)}`;
  }

  /** Hashes that wait for a core. */
  get queueLength(): number {
    return this.queue.length;
  }

  /** Throws `overloaded`, after 0.7 s, when a hash that was asked for now would wait too long. */
  async assertRoom(): Promise<void> {
    await this.queue.assertRoom();
  }

  async hash(password: string): Promise<string> {
    return this.timed(() => bcrypt.hash(this.preHash(password), this.rounds));
  }

  /** Compares in the time of one hash, also when there is no account (`hash` null), and is false then. */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const same = await this.timed(() => bcrypt.compare(this.preHash(password), hash ?? this.dummyHash));
    return same && hash !== null;
  }

  /** Whether a stored hash has another cost than the configured one. */
  isOutdated(hash: string): boolean {
    return bcrypt.getRounds(hash) !== this.rounds;
  }

  private preHash(password: string): string {
    return createHmac('sha384', this.pepper).update(password.normalize('NFC')).digest('base64');
  }

  /** After the first hash, for the pool has no threads before. */
  private letPoolYield(): void {
    if (!this.poolYields) letPoolYield();
    this.poolYields = true;
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(async (waitMs) => {
      const startedMs = performance.now();
      const result = await work();
      this.letPoolYield();
      this.completed.next({
        hashSeconds: (performance.now() - startedMs) / 1000,
        waitSeconds: waitMs / 1000,
      });
      return result;
    });
  }
}
