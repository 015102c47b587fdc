import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { CommitThenFail, type Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionLifetimes } from '../session-lifetimes.js';
import { Session } from '../session.entity.js';
import { type LockedSession, SessionsRepository } from '../sessions.repository.js';
import { clientFingerprint, userAgentDigest } from './client-fingerprint.js';
import type { RefreshClaim } from './refresh-tokens.js';
import { rotationInProgress } from './rotation-window.js';
import { type RenewedSession, RotationsRepository } from './rotations.repository.js';

/** The columns of a session that a proof changes. */
export type Proven = Pick<Session, 'amr' | 'acr' | 'factors' | 'authTime'>;

/** Moves sessions to their next generation, each with its event. */
@Injectable()
export class SessionRotation {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly rotations: RotationsRepository,
    private readonly lifetimes: SessionLifetimes,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Rotates a session if nothing but a rotation can follow from the claim, which is the usual case: two statements and no
   * transaction. Returns null if the claim must be judged under a lock.
   */
  async rotateIfDue(claim: RefreshClaim, origin: Origin): Promise<RenewedSession | null> {
    const now = this.clock.now();
    const userId = await this.rotations.ownerIfDue(claim, now);
    if (userId === null) return null;
    const next = {
      now,
      rotatedBy: userAgentDigest(origin),
      idleEnd: this.lifetimes.idleEnd(now),
      client: clientFingerprint(origin),
    };
    const renewed = { userId, id: claim.sessionId, generation: claim.generation + 1 };
    const event = renewalOf(renewed, origin, { replayed: false, networkChanged: false });
    return this.audit.recordWith(event, (signed) => this.rotations.rotateIfDue(claim, userId, next, signed));
  }

  /** Rotates a session whose row the caller has locked and stores new proofs; returns the updated session. */
  async rotate(tx: Transaction, session: Session, origin: Origin, proven?: Proven): Promise<Session> {
    const now = this.clock.now();
    const next = {
      generation: session.generation + 1,
      rotatedBy: userAgentDigest(origin),
      idleExpiresAt: this.lifetimes.idleLimit(now, session.expiresAt),
      client: clientFingerprint(origin),
      ...proven,
    };
    const times = await this.sessions.rotate(tx, session, next);
    const renewed = Object.assign(new Session(), session, next, times);
    await this.audit.record(tx, renewalOf(renewed, origin, { replayed: false, networkChanged: false }));
    return renewed;
  }

  /**
   * Records that the current refresh token was returned again. The new access token normally expires when that of the
   * rotation does, which the row already states. The row is updated only if the instance that rotated issues tokens with
   * a shorter lifetime, or is of a version that stores no expiry.
   */
  async recordReplay(tx: Transaction, session: Session, origin: Origin): Promise<void> {
    const end = new Date(session.rotatedAt.getTime() + this.lifetimes.accessTokenSeconds * 1000);
    if (session.tokensExpireAt === null || session.tokensExpireAt < end) {
      await this.sessions.noteTokens(tx, session, end);
      session.tokensExpireAt = end;
    }
    const networkChanged = !clientFingerprint(origin).equals(session.client);
    await this.audit.record(tx, renewalOf(session, origin, { replayed: true, networkChanged }));
  }

  /** Records that another user agent has just rotated the session; returns `rate_limited`, to be thrown. */
  async refuseForNow(tx: Transaction, locked: LockedSession, origin: Origin): Promise<CommitThenFail> {
    const problem = rotationInProgress(locked);
    const { userId, id: sessionId } = locked.session;
    await this.audit.record(tx, {
      type: 'session_renew_fail',
      outcome: 'failure',
      reason: problem.row.code,
      userId,
      sessionId,
      origin,
      details: {},
    });
    return new CommitThenFail(problem);
  }
}

function renewalOf(
  { userId, id: sessionId, generation }: Pick<Session, 'userId' | 'id' | 'generation'>,
  origin: Origin,
  how: { replayed: boolean; networkChanged: boolean },
): AuditEvent<'session_renewed'> {
  return {
    type: 'session_renewed',
    outcome: 'success',
    userId,
    sessionId,
    origin,
    details: { generation, ...how },
  };
}
