import { Injectable } from '@nestjs/common';
import { afterCommit, type Transaction } from '../../platform/database/transaction-runner.js';
import { type ReducedSession, RevocationListWriter } from '../revocation-list/revocation-list-writer.js';
import { RecentRevocations } from '../state/recent-revocations.js';
import { SessionCache } from '../state/session-cache.js';

/** Announces sessions that have ended or lost their level to this process, to other instances, and to offline verifiers. */
@Injectable()
export class SessionAnnouncement {
  constructor(
    private readonly cache: SessionCache,
    private readonly feed: RecentRevocations,
    private readonly revocationList: RevocationListWriter,
  ) {}

  /**
   * Lists sessions that lost their level for offline verifiers and, after the commit, informs this process. The other
   * instances learn of it from `RecentRevocations`, or from PostgreSQL, within a second.
   */
  async reduced(tx: Transaction, sessions: readonly ReducedSession[]): Promise<void> {
    await this.revocationList.sessionsReduced(tx, sessions);
    afterCommit(tx, () => {
      // The next read has what is noted on their tokens.
      for (const { id, reducedAt } of sessions) this.feed.noteReduced(id, reducedAt);
    });
  }

  /** If Redis is unavailable, the other instances learn of the end from `RecentRevocations` within a second. */
  async ended(userId: string, sessionIds: readonly string[]): Promise<void> {
    this.feed.note(sessionIds);
    if (this.cache.configured) await this.cache.endSessions(userId, sessionIds).catch(() => undefined);
  }
}
