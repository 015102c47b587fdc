import type { Clock } from '../clock/clock.js';

/** An id and its latest time, milliseconds since the Unix epoch. */
export type LatestTime = readonly [id: string, ms: number];

/** Rows that one statement locks for a few milliseconds; a revocation of one of them waits that long. */
export const BATCH = 1000;

/** Ids that are remembered while PostgreSQL is unavailable, about 100 bytes each; further ones are dropped. */
export const CAPACITY = 100_000;

/**
 * Remembers when things were last used until the times are written to PostgreSQL, so that a use costs one entry in a map
 * and no statement of its own.
 */
export class LatestTimes {
  private readonly times = new Map<string, number>();

  constructor(
    private readonly store: (batch: readonly LatestTime[]) => Promise<void>,
    private readonly clock: Clock,
  ) {}

  /** Records a use now. */
  note(id: string): void {
    if (this.times.size >= CAPACITY && !this.times.has(id)) return;
    this.times.set(id, this.clock.nowMs());
  }

  /** Returns the latest use that is not written yet, milliseconds since the Unix epoch; 0 if there is none. */
  of(id: string): number {
    return this.times.get(id) ?? 0;
  }

  /** Writes a batch; returns whether there is more. Entries that could not be written are kept. */
  async write(): Promise<boolean> {
    const batch: LatestTime[] = [];
    for (const entry of this.times) {
      if (batch.push(entry) === BATCH) break;
    }
    if (batch.length === 0) return false;
    await this.store(batch);
    // An entry that was renewed meanwhile has another time, and is still to be written.
    for (const [id, ms] of batch) if (this.times.get(id) === ms) this.times.delete(id);
    return batch.length === BATCH;
  }
}
