import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { profileOf } from '../../users/profile.js';
import { UsersService } from '../../users/users.service.js';
import { SessionDevices } from '../devices/session-devices.js';
import { clearFailures, eventAfterFailures } from '../issuing/earlier-failures.js';
import type { IssuedSession } from '../issued-session.js';
import { liveOwnerOf } from '../live-session.js';
import { type Proof, provenState } from '../proofs.js';
import { judgeRefresh } from '../refresh/rotation-window.js';
import { SessionRotation } from '../refresh/session-rotation.js';
import { SessionErrors } from '../session.errors.js';
import type { Session } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';

/** A user who has authenticated again, and the session in which they did. */
export interface StepUpRequest {
  readonly principal: Pick<SessionPrincipal, 'userId' | 'sessionId'>;
  readonly proofs: readonly [Proof, ...Proof[]];
  /** Keyed digest of the account's address, for the audit trail. */
  readonly emailDigest: string;
}

/**
 * Stores a proof on the session in which it was given; no session is created or revived. The tokens are renewed as
 * well (ASVS 7.2.4), at most once in ten seconds, as in a refresh.
 */
@Injectable()
export class SessionStepUp {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsRepository,
    private readonly rotation: SessionRotation,
    private readonly devices: SessionDevices,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns null if a proof is no longer valid. Throws `session_ended`, or `rate_limited` if another user agent has
   * rotated the session within the last ten seconds, before a code or challenge is used up.
   */
  async stepUp(tx: Transaction, request: StepUpRequest, origin: Origin): Promise<IssuedSession | null> {
    const { userId, sessionId } = request.principal;
    const user = await this.users.lock(tx, userId);
    const locked = await this.sessions.lock(tx, sessionId);
    const owner = locked && liveOwnerOf(locked, this.clock.now());
    if (!user || !locked || owner?.id !== userId) throw new Problem(SessionErrors.session_ended);
    const verdict = judgeRefresh(locked, locked.session.generation, origin);
    if (verdict !== 'rotate' && verdict !== 'replay')
      throw await this.rotation.refuseForNow(tx, locked, origin);
    for (const proof of request.proofs) if (!(await proof.stillHolds(tx))) return null;
    const session = await this.renew(tx, locked.session, verdict, request.proofs, origin);
    await this.record(tx, session, request, origin);
    const { readAt } = locked;
    return { profile: profileOf(user), session, readAt, deviceToken: this.devices.tokenOf(session) };
  }

  private async renew(
    tx: Transaction,
    session: Session,
    verdict: 'rotate' | 'replay',
    proofs: readonly Proof[],
    origin: Origin,
  ): Promise<Session> {
    const state = provenState(proofs, session);
    // A password may complete what an older proof of a second factor began, but alone it is no recent proof at aal2.
    const isProof = state.acr === 'aal1' || proofs.some(({ method }) => method !== 'pwd');
    const proven = { ...state, authTime: isProof ? this.clock.now() : session.authTime };
    if (verdict === 'rotate') return this.rotation.rotate(tx, session, origin, proven);
    await this.sessions.prove(tx, session, proven);
    await this.rotation.recordReplay(tx, session, origin);
    return Object.assign(session, proven);
  }

  private async record(
    tx: Transaction,
    { userId, id: sessionId, amr }: Session,
    { proofs, emailDigest: account }: StepUpRequest,
    origin: Origin,
  ): Promise<void> {
    const failures = await clearFailures(tx, proofs);
    const who = { outcome: 'success' as const, userId, sessionId, origin };
    const methods = proofs.map(({ method }) => method);
    await this.audit.recordAll(tx, [
      { type: 'authn_step_up', ...who, details: { account, methods, amr } },
      ...eventAfterFailures(who, account, failures),
    ]);
  }
}
