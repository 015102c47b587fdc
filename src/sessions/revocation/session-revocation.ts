import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import {
  afterCommit,
  type Transaction,
  TransactionRunner,
} from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { RevocationListWriter } from '../revocation-list/revocation-list-writer.js';
import { AccessChanges } from './access-changes.js';
import { SessionAnnouncement } from './session-announcement.js';
import type { RevocationReason } from '../revocation-reason.js';
import {
  anyOf,
  type EndedSession,
  type SessionSelector,
  SessionsRepository,
} from '../sessions.repository.js';

/** Ends sessions, on every instance. */
@Injectable()
export class SessionRevocation {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly announcement: SessionAnnouncement,
    private readonly revocationList: RevocationListWriter,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly access: AccessChanges,
  ) {}

  /** Ends one session at its holder's request. Has no effect and records nothing if the session is already over. */
  async logout(sessionId: string, origin: Origin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const [ended] = await this.revoke(tx, { id: sessionId }, 'logout');
      if (!ended) return;
      await this.audit.record(tx, {
        type: 'session_logout',
        outcome: 'success',
        userId: ended.userId,
        sessionId,
        origin,
        details: {},
      });
    });
  }

  /** Ends one session in the caller's transaction, which records why. */
  async end(tx: Transaction, sessionId: string, reason: RevocationReason): Promise<void> {
    await this.revoke(tx, { id: sessionId }, reason);
  }

  /** Ends sessions of any accounts in the caller's transaction, which records why. */
  async endAll(tx: Transaction, ids: readonly string[], reason: RevocationReason): Promise<void> {
    await this.revoke(tx, anyOf(ids), reason);
  }

  /**
   * Ends some sessions of an account in the caller's transaction, with one event for each; returns how many.
   * `by` is the session from which the owner requested it.
   */
  async endSome(
    tx: Transaction,
    which: SessionSelector,
    { reason, by, origin }: { reason: RevocationReason; by: string | null; origin: Origin },
  ): Promise<number> {
    const ended = await this.revoke(tx, which, reason);
    for (const { id: sessionId, userId } of ended) {
      await this.audit.record(tx, {
        type: 'session_ended',
        outcome: 'success',
        reason,
        userId,
        sessionId,
        origin,
        details: { by },
      });
    }
    return ended.length;
  }

  /**
   * Ends every session of an account in the caller's transaction, with an event; returns how many. Access of other kinds is
   * judged anew, because this is what happens when an account is disabled, deleted or given other roles.
   */
  async endAllOfUser(
    tx: Transaction,
    userId: string,
    reason: RevocationReason,
    origin: Origin,
  ): Promise<number> {
    const ended = await this.revoke(tx, { userId }, reason);
    await this.access.changed(tx, userId, reason);
    if (ended.length === 0) return 0;
    await this.audit.record(tx, {
      type: 'session_revoked',
      outcome: 'success',
      reason,
      userId,
      origin,
      details: { sessions: ended.length },
    });
    return ended.length;
  }

  /**
   * The only code that ends sessions. It updates the rows, lists the sessions for offline verifiers and, after the
   * commit, informs this process and marks the copies in Redis, which informs the others; whoever runs the transaction waits
   * for this. If Redis is unavailable, they learn of the end from `RecentRevocations` within a second.
   */
  private async revoke(
    tx: Transaction,
    which: SessionSelector,
    reason: RevocationReason,
  ): Promise<EndedSession[]> {
    const ended = await this.sessions.revoke(tx, which, reason);
    await this.revocationList.sessionsEnded(tx, ended, reason);
    for (const [userId, sessions = []] of Map.groupBy(ended, ({ userId }) => userId)) {
      const ids = sessions.map(({ id }) => id);
      afterCommit(tx, () => this.announcement.ended(userId, ids));
    }
    return ended;
  }
}
