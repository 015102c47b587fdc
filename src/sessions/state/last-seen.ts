import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { LatestTimes } from '../../platform/memory/latest-times.js';
import type { Session } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';

/** Half of the minute by which a reported time may lag. */
const INTERVAL_MS = 30_000;

/**
 * Records when sessions were last in use. A request costs one entry in a map; every half minute the sessions that were
 * in use are written to PostgreSQL, a thousand per statement. A process that is killed loses its last half minute.
 */
@Injectable()
export class LastSeen {
  private readonly seen: LatestTimes;

  constructor(sessions: SessionsRepository, clock: Clock) {
    this.seen = new LatestTimes((batch) => sessions.noteSeen(batch), clock);
  }

  /** Records that a session is in use now. */
  note(sessionId: string): void {
    this.seen.note(sessionId);
  }

  /**
   * The latest known use: the login, a refresh, a use that any instance has written, or one that this process has
   * noted.
   */
  of({ id, createdAt, rotatedAt, lastSeenAt }: Session): Date {
    const known = [createdAt, rotatedAt, lastSeenAt].map((time) => time?.getTime() ?? 0);
    return new Date(Math.max(...known, this.seen.of(id)));
  }

  /** Writes a batch; returns whether there is more. Entries that could not be written are kept. */
  @InBackground({ pauseMs: INTERVAL_MS, runsAtEnd: true })
  async write(): Promise<boolean> {
    return this.seen.write();
  }
}
