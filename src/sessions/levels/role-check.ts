import { Injectable } from '@nestjs/common';
import type { Role, SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { Problem } from '../../platform/errors/problem.js';
import { RecentProof } from '../recent/recent-proof.js';
import { StepUpMethods } from '../recent/step-up-methods.js';
import { SessionErrors } from '../session.errors.js';
import { SessionsRepository } from '../sessions.repository.js';
import { rolesAtLevel } from '../role-level.js';

/**
 * Checks whether a session has one of the roles that a route asks for. A role that needs a second factor is judged by the rows
 * of the session and of its owner in PostgreSQL, not by the token, which can be older than the level.
 */
@Injectable()
export class RoleCheck {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly recent: RecentProof,
    private readonly methods: StepUpMethods,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns null if the caller has a role. Otherwise the problem: `forbidden`, or what the caller has to do first about a
   * second factor: `insufficient_user_authentication`, or `factor_enrollment_required` if the account has none.
   */
  async problemOf(principal: SessionPrincipal, anyOf: readonly Role[]): Promise<Problem | null> {
    const needFactor = this.environment.MFA_REQUIRED_ROLES;
    if (anyOf.some((role) => principal.roles.includes(role) && !needFactor.includes(role))) return null;
    const guarded = anyOf.filter((role) => needFactor.includes(role));
    return guarded.length === 0 ? new Problem(SessionErrors.forbidden) : this.judge(principal, guarded);
  }

  private async judge(
    { userId, sessionId }: SessionPrincipal,
    guarded: readonly Role[],
  ): Promise<Problem | null> {
    const found = await this.sessions.findLive(sessionId, this.clock.now());
    if (found?.owner.id !== userId) return new Problem(SessionErrors.session_ended);
    const { owner, session } = found;
    const held = owner.roles.filter((role) => guarded.includes(role));
    if (held.length === 0) return new Problem(SessionErrors.forbidden);
    if (rolesAtLevel(held, session.acr, guarded).length > 0) return null;
    const hasFactor = (await this.methods.levelOf(userId)) === 'aal2';
    return hasFactor
      ? this.recent.insufficient(session, { acr: 'aal2', maxAgeSeconds: null })
      : new Problem(SessionErrors.factor_enrollment_required);
  }
}
