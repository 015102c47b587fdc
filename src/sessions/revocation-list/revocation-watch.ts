import { Injectable } from '@nestjs/common';
import type { RevocationPage } from './revocation-item.js';
import { RevocationReader } from './revocation-reader.js';

/** How often the list is read while anybody waits for it. */
const INTERVAL_MS = 250;

/** An answer that took longer tells too little about the present. */
const LATE_MS = 500;

interface Waiter {
  readonly after: number;
  /** The time (`performance.now()`) of the call. */
  readonly sinceMs: number;
  readonly resolve: (page: RevocationPage) => void;
}

/**
 * Reads the list four times a second for all who wait for the next revocation, with one query however many they are; reads
 * nothing while nobody waits. Between the reads, no connection to PostgreSQL is held.
 */
@Injectable()
export class RevocationWatch {
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly reader: RevocationReader) {}

  /**
   * Resolves with the revocations after a number, also if there are none, once the list was read after this call; null if
   * `signal` aborts before. A read that fails is repeated, so the caller waits as long as PostgreSQL is unavailable.
   */
  async next(after: number, signal: AbortSignal): Promise<RevocationPage | null> {
    if (signal.aborted) return null;
    const { promise, resolve } = Promise.withResolvers<RevocationPage | null>();
    const waiter: Waiter = { after, resolve, sinceMs: performance.now() };
    const give = () => resolve(null);
    signal.addEventListener('abort', give, { once: true });
    this.waiters.add(waiter);
    if (this.timer === null) this.readIn(INTERVAL_MS);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', give);
      this.waiters.delete(waiter);
    }
  }

  /**
   * Schedules the next read one interval after the previous one was due, not after it began, so that lines are not sent
   * less often than documented: clients compute from the number of lines how recent their list is. Reads that were missed
   * while the process was suspended are skipped. A client adds one interval for each line, so a late read is not used for
   * clients that began to wait after it was due; for them, less than an interval may pass until the next read.
   */
  private readIn(waitMs: number): void {
    const dueMs = performance.now() + waitMs;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.waiters.size === 0) return;
      const lateMs = (performance.now() - dueMs) % INTERVAL_MS;
      this.readIn(INTERVAL_MS - lateMs);
      void this.read(dueMs);
    }, waitMs).unref();
  }

  /** A read that takes longer than the interval is joined by the next one, which may be answered earlier. */
  private async read(dueMs: number): Promise<void> {
    const waiting = [...this.waiters].filter(({ sinceMs }) => sinceMs <= dueMs);
    if (waiting.length === 0) return;
    const startedMs = performance.now();
    const page = await this.reader.follow(Math.min(...waiting.map(({ after }) => after))).catch(() => null);
    if (page === null || performance.now() - startedMs > LATE_MS) return;
    for (const { after, resolve } of waiting) {
      // For whoever is ahead of a full page, nothing has been read.
      if (page.isFull && page.last < after) continue;
      resolve({ ...page, items: page.items.filter(({ number }) => number > after) });
    }
  }
}
