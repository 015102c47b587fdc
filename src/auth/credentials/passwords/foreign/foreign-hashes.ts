import bcrypt from 'bcrypt';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Environment } from '../../../../platform/config/environment.js';
import { threadFile } from '../../../../platform/threads/thread-file.js';
import { ThreadOnDemand } from '../../../../platform/threads/thread-on-demand.js';
import { FOREIGN_HASH } from '../stored-hash.js';
import { HashQueue } from '../hash-queue.js';
import type { ForeignHash, RawHash } from './foreign-hash.js';
import { FOREIGN_WORKER, type HashComparison } from './foreign-worker.js';
import { rawDigest } from './raw-digest.js';

/** The first estimate of a comparison's duration, milliseconds. */
const PACE_MS = 300;

/** How long an idle thread is kept, milliseconds; its memory may be 256 MiB. */
const IDLE_MS = 30_000;

/**
 * Compares passwords with hashes of other systems. One comparison runs at a time, whatever its cost, in a queue of its own and
 * in a thread that yields to all others, so that neither logins with our own hashes nor other requests wait for it. Throws
 * `overloaded` if the queue is too long.
 */
@Injectable()
export class ForeignHashes implements OnApplicationShutdown {
  private readonly logger = new Logger(ForeignHashes.name);
  private readonly queue: HashQueue;
  private readonly thread = new ThreadOnDemand<HashComparison, boolean>({
    file: threadFile('foreign-worker', import.meta.url),
    workerData: FOREIGN_WORKER,
    idleMs: IDLE_MS,
    onFault: (fault) => this.logger.error(`A comparison with an imported hash failed: ${fault.message}`),
  });

  constructor(environment: Environment) {
    this.queue = new HashQueue(1, environment.HASH_MAX_WAIT_MS, PACE_MS);
  }

  /** Not before the last request: a login whose comparison were cut off would count as a wrong password. */
  async onApplicationShutdown(): Promise<void> {
    await this.thread.stop();
  }

  /** Whether a password has a stored hash of another system. It is tried in NFC, and then as it was typed. */
  async verify(password: string, stored: string, owner: string | null): Promise<boolean> {
    const hash = foreignHash(stored);
    if (hash === null) return false;
    const spellings = [...new Set([password.normalize('NFC'), password])];
    return this.queue.run(() => this.compare(spellings, hash), owner);
  }

  private async compare(spellings: readonly string[], hash: ForeignHash): Promise<boolean> {
    // What the thread could not compare does not match.
    if (hash.kind !== 'bcrypt' && hash.kind !== 'wrapped')
      return (await this.thread.ask({ spellings, hash })) ?? false;
    for (const password of spellings) {
      const text = hash.kind === 'bcrypt' ? password : rawDigest(password, hash.digest, hash.salt);
      if (await bcrypt.compare(text, hash.hash)) return true;
    }
    return false;
  }
}

/**
 * Returns the text under which a hash of another system is stored. A fast digest is first wrapped in a slow hash, at
 * the given cost.
 */
export async function storedForeignHash(hash: ForeignHash | RawHash, rounds: number): Promise<string> {
  if (hash.kind !== 'raw') return `${FOREIGN_HASH}${JSON.stringify(hash)}`;
  const { digest, salt, value } = hash;
  const wrapped: ForeignHash = { kind: 'wrapped', digest, salt, hash: await bcrypt.hash(value, rounds) };
  return `${FOREIGN_HASH}${JSON.stringify(wrapped)}`;
}

/** Reverses {@link storedForeignHash}; null for a hash of our own. */
export function foreignHash(stored: string): ForeignHash | null {
  return stored.startsWith(FOREIGN_HASH)
    ? (JSON.parse(stored.slice(FOREIGN_HASH.length)) as ForeignHash)
    : null;
}
