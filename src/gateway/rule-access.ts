import { Injectable } from '@nestjs/common';
import type { MachinePrincipal, Principal, Role, SessionPrincipal } from '../platform/access/principal.js';
import { isVoid } from '../platform/access/void-until.js';
import { Environment } from '../platform/config/environment.js';
import type { Problem } from '../platform/errors/problem.js';
import type { RequestContext } from '../platform/http/request-context.js';
import { noteSubject } from '../platform/http/origin.js';
import { AccessRefusals, insufficientScope } from '../sessions/guards/access-refusals.js';
import { RoleCheck } from '../sessions/levels/role-check.js';
import { RecentProof } from '../sessions/recent/recent-proof.js';
import { rolesAtLevel } from '../sessions/role-level.js';
import { SessionState } from '../sessions/state/session-state.js';
import type { GateRule } from './rules/gate-rule.js';

/** Decides by a rule whether the caller of a request may pass. Every refusal is recorded with the name of the rule. */
@Injectable()
export class RuleAccess {
  constructor(
    private readonly sessions: SessionState,
    private readonly roles: RoleCheck,
    private readonly recent: RecentProof,
    private readonly refusals: AccessRefusals,
    private readonly environment: Environment,
  ) {}

  /** Returns the caller to name to the application, or null for nobody. Throws a problem if it may not pass. */
  async admit(context: RequestContext, rule: GateRule): Promise<Principal | null> {
    if (rule.access === 'anonymous') return this.known(context);
    const { principal } = context;
    if (!principal) throw this.refusals.notSignedIn(context);
    if (principal.kind === 'session') return this.admitPerson(context, principal, rule);
    this.admitMachine(context, principal, rule);
    return principal;
  }

  private async known(context: RequestContext): Promise<Principal | null> {
    const { principal } = context;
    this.refusals.recordForged(context);
    if (principal?.kind !== 'session') return principal;
    const current = await this.current(context, principal);
    if (typeof current === 'object') return current;
    // The record of the request names the person even so, or an erasure could not find it.
    noteSubject(context.origin, principal.userId);
    context.profile = null;
    context.principal = null;
    return null;
  }

  /**
   * Returns the caller, or why the token is no longer accepted. An assertion has a time of issue of its own: made from a token
   * that a reduction of the session has voided, it would appear to be newer than the reduction, and be accepted. The token can
   * also be older than `MFA_REQUIRED_ROLES`, and name a role that needs a second factor by now.
   */
  private async current(
    context: RequestContext,
    principal: SessionPrincipal,
  ): Promise<SessionPrincipal | 'ended' | 'reduced'> {
    context.profile = await this.sessions.accountOf(context, principal);
    if (!context.profile) return 'ended';
    const voidUntil = this.sessions.voidUntil(principal);
    if (isVoid(principal.issuedAt, voidUntil)) return 'reduced';
    const roles = rolesAtLevel(principal.roles, principal.acr, this.environment.MFA_REQUIRED_ROLES);
    return { ...principal, roles, ...(voidUntil !== undefined && { voidUntil }) };
  }

  private async admitPerson(
    context: RequestContext,
    principal: SessionPrincipal,
    rule: GateRule,
  ): Promise<SessionPrincipal> {
    const current = await this.current(context, principal);
    if (current === 'ended') throw this.refusals.ended(context, principal);
    if (current === 'reduced') throw this.refusals.outdated(context, principal);
    const { roles, scopes, acr, maxAgeSeconds } = rule;
    if (!roles?.length && scopes.length > 0) throw this.refusals.forbidden(context, []);
    if (roles && !hasAny(roles, current.roles)) throw await this.withoutRole(context, principal, roles);
    if (acr === null && maxAgeSeconds === null) return current;
    const problem = await this.recent.problemOf(principal, { acr, maxAgeSeconds });
    if (problem === null) return current;
    throw this.refusals.faulty(context, principal, problem);
  }

  /** A role that needs a second factor can be missing from the token only because the session has not proven one. */
  private async withoutRole(
    context: RequestContext,
    principal: SessionPrincipal,
    roles: readonly Role[],
  ): Promise<Problem> {
    const problem = await this.roles.problemOf(principal, roles);
    // The session has the role by now, but the token does not name it. The client has to renew the token.
    if (problem === null) return this.refusals.outdated(context, principal);
    return this.refusals.faulty(context, principal, problem, roles);
  }

  /**
   * Admits a program by its scopes. A person's key needs a role of the rule too, as its owner does: people choose the scopes of
   * their keys themselves, so scopes can only narrow what the owner may do. A service account has no roles.
   */
  private admitMachine(context: RequestContext, principal: MachinePrincipal, rule: GateRule): void {
    const { roles, scopes, acr, maxAgeSeconds } = rule;
    const hasScope = acr === null && maxAgeSeconds === null && hasAny(scopes, principal.scopes);
    if (!hasScope) throw this.refusals.forbidden(context, scopes, insufficientScope());
    if (principal.kind === 'api-key' && roles && !hasAny(roles, principal.roles))
      throw this.refusals.forbidden(context, roles, insufficientScope());
  }
}

const hasAny = <T>(wanted: readonly T[], held: readonly T[]) => wanted.some((one) => held.includes(one));
