import { Injectable } from '@nestjs/common';
import { RevocationFeed } from '../state/revocation-feed.js';
import { SessionCache } from '../state/session-cache.js';

/** Tells this process and the copies in Redis that sessions have ended. */
@Injectable()
export class SessionAnnouncement {
  constructor(
    private readonly cache: SessionCache,
    private readonly feed: RevocationFeed,
  ) {}

  /** If Redis is unavailable, the other instances learn of the end from the feed within a second. */
  async ended(userId: string, sessionIds: readonly string[]): Promise<void> {
    this.feed.note(sessionIds);
    if (this.cache.configured) await this.cache.endSessions(userId, sessionIds).catch(() => undefined);
  }
}
