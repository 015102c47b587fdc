import { Injectable } from '@nestjs/common';
import type { ReducedSession } from '../revocation-list/revocation-record.js';
import { RevocationFeed } from '../state/revocation-feed.js';
import { SessionCache } from '../state/session-cache.js';

/** Tells this process that sessions have ended or lost their level, and the copies in Redis that they have ended. */
@Injectable()
export class SessionAnnouncement {
  constructor(
    private readonly cache: SessionCache,
    private readonly feed: RevocationFeed,
  ) {}

  /** The other instances learn of it from the feed, or from PostgreSQL, within a second. */
  reduced(sessions: readonly ReducedSession[]): void {
    for (const { id, reducedAt } of sessions) this.feed.noteReduced(id, reducedAt);
  }

  /** If Redis is unavailable, the other instances learn of the end from the feed within a second. */
  async ended(userId: string, sessionIds: readonly string[]): Promise<void> {
    this.feed.note(sessionIds);
    if (this.cache.configured) await this.cache.endSessions(userId, sessionIds).catch(() => undefined);
  }
}
