import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import {
  CommitThenFail,
  type Transaction,
  TransactionRunner,
} from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { User } from '../../users/user.entity.js';
import { SessionErrors } from '../session.errors.js';
import { clientFingerprint } from './client-fingerprint.js';
import type { RefreshClaim } from './refresh-tokens.js';
import { SessionLifetimes } from '../session-lifetimes.js';
import { SessionRevocation } from '../revocation/session-revocation.js';
import { Session } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';

/** How long the previous generation gets the same answer again, milliseconds: lost answers, and tabs that race. */
const REPLAY_WINDOW_MS = 10_000;
/** The reason of an event that tells of such an answer. */
const REPLAYED = 'replayed';

/** A session that has gone on by one generation, or was replayed, and whose it is. */
export interface RenewedSession {
  readonly session: Session;
  readonly owner: User;
}

/**
 * Refresh rotation (RFC 9700 section 4.14.2). Whatever races, a session has one live descendant: everyone decides
 * under the session's row lock, and the rotation itself is one update that holds only for the claimed generation.
 */
@Injectable()
export class SessionRenewal {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly lifetimes: SessionLifetimes,
    private readonly revocation: SessionRevocation,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** Renews a session. Throws `session_ended`, or `refresh_token_reused` after it has ended the session for good. */
  async renew(claim: RefreshClaim, origin: Origin): Promise<RenewedSession> {
    return this.transactions.run(async (tx) => {
      const now = this.clock.now();
      const session = await this.sessions.lock(tx, claim.sessionId);
      const owner = session && (await this.sessions.findOwnerOfLive(session.id, now, tx));
      if (!session || !owner) throw await this.refuseEnded(tx, claim.sessionId, session, origin);
      if (session.generation === claim.generation) {
        return { owner, session: await this.rotate(tx, session, origin, now) };
      }
      if (isReplay(session, claim, origin, now)) {
        await this.recordRenewal(tx, session, origin, REPLAYED);
        return { session, owner };
      }
      throw await this.refuseReuse(tx, session, claim, origin);
    });
  }

  private async rotate(tx: Transaction, session: Session, origin: Origin, now: Date): Promise<Session> {
    const next = {
      generation: session.generation + 1,
      rotatedAt: now,
      idleExpiresAt: this.lifetimes.idleLimit(now, session.expiresAt),
      client: clientFingerprint(origin),
    };
    await this.sessions.rotate(tx, session, next);
    const renewed = Object.assign(new Session(), session, next);
    await this.recordRenewal(tx, renewed, origin);
    return renewed;
  }

  private async recordRenewal(
    tx: Transaction,
    { userId, id: sessionId, generation }: Session,
    origin: Origin,
    reason: string | null = null,
  ): Promise<void> {
    await this.audit.record(tx, {
      type: 'session_renewed',
      outcome: 'success',
      reason,
      userId,
      sessionId,
      origin,
      details: { generation },
    });
  }

  private async refuseEnded(tx: Transaction, sessionId: string, session: Session | null, origin: Origin) {
    await this.audit.record(tx, {
      type: 'session_use_after_expire',
      outcome: 'failure',
      reason: session?.revokeReason ?? 'expired',
      userId: session?.userId ?? null,
      sessionId,
      origin,
      details: {},
    });
    return new CommitThenFail(new Problem(SessionErrors.session_ended));
  }

  private async refuseReuse(tx: Transaction, session: Session, claim: RefreshClaim, origin: Origin) {
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

/** The generation just before, lately, from the client that got the current one. */
function isReplay(session: Session, claim: RefreshClaim, origin: Origin, now: Date): boolean {
  return (
    claim.generation === session.generation - 1 &&
    now.getTime() - session.rotatedAt.getTime() <= REPLAY_WINDOW_MS &&
    clientFingerprint(origin).equals(session.client)
  );
}
