import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionLifetimes } from '../session-lifetimes.js';
import { Session } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';
import { clientFingerprint, userAgentDigest } from './client-fingerprint.js';

/** The columns of a session that a proof changes. */
export type Proven = Pick<Session, 'amr' | 'acr' | 'factors' | 'authTime'>;

/** Moves sessions to their next generation, each with its event. */
@Injectable()
export class SessionRotation {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly lifetimes: SessionLifetimes,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

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
    await this.sessions.rotate(tx, session, next);
    const renewed = Object.assign(new Session(), session, next);
    await this.record(tx, renewed, origin, { replayed: false, networkChanged: false });
    return renewed;
  }

  /** Records that the current token was returned again. */
  async recordReplay(tx: Transaction, session: Session, origin: Origin): Promise<void> {
    const networkChanged = !clientFingerprint(origin).equals(session.client);
    await this.record(tx, session, origin, { replayed: true, networkChanged });
  }

  private async record(
    tx: Transaction,
    { userId, id: sessionId, generation }: Session,
    origin: Origin,
    how: { replayed: boolean; networkChanged: boolean },
  ): Promise<void> {
    await this.audit.record(tx, {
      type: 'session_renewed',
      outcome: 'success',
      userId,
      sessionId,
      origin,
      details: { generation, ...how },
    });
  }
}
