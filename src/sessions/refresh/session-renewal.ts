import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import {
  CommitThenFail,
  type Transaction,
  TransactionRunner,
} from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import { noteDeparted, type Origin } from '../../platform/http/origin.js';
import { liveOwnerOf } from '../live-session.js';
import { SessionErrors } from '../session.errors.js';
import { SessionRevocation } from '../revocation/session-revocation.js';
import { Session } from '../session.entity.js';
import { type LockedSession, SessionsRepository } from '../sessions.repository.js';
import type { RefreshClaim } from './refresh-tokens.js';
import { judgeRefresh } from './rotation-window.js';
import type { RenewedSession } from './rotations.repository.js';
import { SessionRotation } from './session-rotation.js';

/**
 * Refresh rotation (RFC 9700 section 4.14.2). At most one successor of a refresh token is valid, even if requests are
 * concurrent: every request is decided under the session's row lock, and the rotation is one update that applies
 * only to the expected generation.
 */
@Injectable()
export class SessionRenewal {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly rotation: SessionRotation,
    private readonly revocation: SessionRevocation,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /**
   * Renews a session. Throws `session_ended`, `refresh_token_reused` after it has ended the session for good, or
   * `rate_limited` when another user agent has rotated the session within the last ten seconds.
   */
  async renew(claim: RefreshClaim, origin: Origin): Promise<RenewedSession> {
    const rotated = await this.rotation.rotateIfDue(claim, origin);
    return rotated ?? this.judge(claim, origin);
  }

  /** Decides under the lock of the session's row what follows from a claim. */
  private async judge(claim: RefreshClaim, origin: Origin): Promise<RenewedSession> {
    return this.transactions.run(async (tx) => {
      const locked = await this.sessions.lock(tx, claim.sessionId);
      const owner = locked && liveOwnerOf(locked, this.clock.now());
      if (!locked || !owner) throw await this.refuseEnded(tx, claim, locked, origin);
      const { session } = locked;
      const verdict = judgeRefresh(locked, claim.generation, origin);
      if (verdict === 'rotate') {
        const rotated = await this.rotation.rotate(tx, session, origin);
        return { owner, session: rotated, readAt: rotated.rotatedAt };
      }
      if (verdict === 'reuse') throw await this.refuseReuse(tx, session, claim, origin);
      if (verdict === 'wait') throw await this.rotation.refuseForNow(tx, locked, origin);
      await this.rotation.recordReplay(tx, session, origin);
      return { owner, session, readAt: locked.readAt };
    });
  }

  private async refuseEnded(
    tx: Transaction,
    { sessionId }: RefreshClaim,
    locked: LockedSession | null,
    origin: Origin,
  ): Promise<CommitThenFail> {
    if (locked?.owner === null) noteDeparted(origin);
    await this.audit.record(tx, {
      type: 'session_use_after_expire',
      outcome: 'failure',
      reason: locked?.session.revokeReason ?? 'expired',
      userId: locked?.session.userId ?? null,
      sessionId,
      origin,
      details: {},
    });
    return new CommitThenFail(new Problem(SessionErrors.session_ended));
  }

  private async refuseReuse(
    tx: Transaction,
    session: Session,
    claim: RefreshClaim,
    origin: Origin,
  ): Promise<CommitThenFail> {
    await this.revocation.end(tx, session.id, 'refresh_token_reused');
    await this.audit.record(tx, {
      type: 'authn_token_reuse',
      outcome: 'failure',
      reason: SessionErrors.refresh_token_reused.code,
      userId: session.userId,
      sessionId: session.id,
      origin,
      details: { generation: session.generation, presentedGeneration: claim.generation },
    });
    return new CommitThenFail(new Problem(SessionErrors.refresh_token_reused));
  }
}
