import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import type { Session } from '../session.entity.js';
import { type SeenSession, SessionsRepository } from '../sessions.repository.js';

/** Half of the minute by which a reported time may lag. */
const INTERVAL_MS = 30_000;

/** Rows that one statement locks for a few milliseconds; a revocation of one of them waits that long. */
const BATCH = 1000;

/** Sessions that are remembered while PostgreSQL is unavailable, about 100 bytes each; further ones are dropped. */
const CAPACITY = 100_000;

/**
 * Records when sessions were last in use. A request costs one entry in a map; every half minute the sessions that were
 * in use are written to PostgreSQL, a thousand per statement. A process that is killed loses its last half minute.
 */
@Injectable()
export class LastSeen implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly seen = new Map<string, number>();
  private readonly task = new RepeatingTask(LastSeen.name, () => this.write(), { pauseMs: INTERVAL_MS });

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.finish();
  }

  /** Records that a session is in use now. */
  note(sessionId: string): void {
    if (this.seen.size >= CAPACITY && !this.seen.has(sessionId)) return;
    this.seen.set(sessionId, this.clock.nowMs());
  }

  /**
   * The latest known use: the login, a refresh, a use that any instance has written, or one that this process has
   * noted.
   */
  of({ id, createdAt, rotatedAt, lastSeenAt }: Session): Date {
    const known = [createdAt, rotatedAt, lastSeenAt].map((time) => time?.getTime() ?? 0);
    return new Date(Math.max(...known, this.seen.get(id) ?? 0));
  }

  /** Writes a batch; returns whether there is more. Entries that could not be written are kept. */
  async write(): Promise<boolean> {
    const batch: SeenSession[] = [];
    for (const entry of this.seen) {
      if (batch.push(entry) === BATCH) break;
    }
    if (batch.length === 0) return false;
    await this.sessions.noteSeen(batch);
    for (const [id, ms] of batch) if (this.seen.get(id) === ms) this.seen.delete(id);
    return batch.length === BATCH;
  }
}
