import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { accessRuleOf, asksForRecentProof, scopeOf } from '../../platform/access/access-rule.js';
import type { MachinePrincipal, Role, SessionPrincipal } from '../../platform/access/principal.js';
import type { Profile } from '../../platform/access/profile.js';
import type { Scope } from '../../platform/access/scope.decorator.js';
import { type RequestContext, contextOf } from '../../platform/http/request-context.js';
import { RoleCheck } from '../levels/role-check.js';
import { RecentProof } from '../recent/recent-proof.js';
import { SessionState } from '../state/session-state.js';
import { AccessRefusals, insufficientScope } from './access-refusals.js';

/** What a route asks of a person beyond a live session. */
interface Demands {
  /** The person needs one of these roles; if empty, no role is required. */
  readonly anyOf: readonly Role[];
  readonly asksForProof: boolean;
}

/**
 * Decides whether the caller may proceed. The route must declare a rule (closed by default), the session must be live,
 * and the proof must be recent if the route requires that. API keys need the scope that the route names.
 */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  constructor(
    private readonly sessions: SessionState,
    private readonly roles: RoleCheck,
    private readonly recent: RecentProof,
    private readonly refusals: AccessRefusals,
  ) {}

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const rule = accessRuleOf(execution);
    const context = contextOf(execution.switchToHttp().getRequest<FastifyRequest>());
    if (context.credentialFault) throw context.credentialFault;
    if (rule?.kind === 'public') {
      // A public route needs no token, but a forged one is still recorded, unless the route has no rate limit.
      if (!context.isOperational) this.refusals.recordForged(context);
      return true;
    }
    // The handler decides by the rule that the proxy names, after these guards.
    if (rule?.kind === 'proxy') return true;
    if (!rule) throw this.refusals.forbidden(context, []);
    if (rule.kind === 'client') return this.admitClient(context, scopeOf(execution));
    const anyOf = rule.kind === 'roles' ? rule.anyOf : [];
    const { principal } = context;
    if (principal && principal.kind !== 'session')
      return this.admitMachine(context, principal, anyOf, scopeOf(execution));
    if (!principal) throw this.refusals.notSignedIn(context);
    return this.admitPerson(context, principal, { anyOf, asksForProof: asksForRecentProof(execution) });
  }

  /** Decides without a promise for most requests, which have no demands and whose session this process knows. */
  private admitPerson(
    context: RequestContext,
    principal: SessionPrincipal,
    demands: Demands,
  ): boolean | Promise<boolean> {
    const profile = this.sessions.accountOf(context, principal);
    if (profile instanceof Promise || demands.anyOf.length > 0 || demands.asksForProof)
      return this.judge(context, principal, profile, demands);
    return this.admitOwner(context, principal, profile);
  }

  private async judge(
    context: RequestContext,
    principal: SessionPrincipal,
    profile: Profile | null | Promise<Profile | null>,
    { anyOf, asksForProof }: Demands,
  ): Promise<boolean> {
    this.admitOwner(context, principal, await profile);
    if (anyOf.length > 0) await this.assertRole(context, principal, anyOf);
    if (asksForProof) await this.assertRecent(context, principal);
    return true;
  }

  private admitOwner(context: RequestContext, principal: SessionPrincipal, profile: Profile | null): true {
    context.profile = profile;
    if (!profile) throw this.refusals.ended(context, principal);
    return true;
  }

  /**
   * Admits a program only by the scope that the route names. A person's key needs the role too, as its owner does; a
   * service account has no roles.
   */
  private admitMachine(
    context: RequestContext,
    principal: MachinePrincipal,
    anyOf: readonly Role[],
    scope: Scope | undefined,
  ): true {
    const lacksRole =
      principal.kind === 'api-key' &&
      anyOf.length > 0 &&
      !anyOf.some((role) => principal.roles.includes(role));
    if (scope !== undefined && principal.scopes.includes(scope) && !lacksRole) return true;
    throw this.refusals.forbidden(context, scope === undefined ? anyOf : [scope], insufficientScope(scope));
  }

  /** Admits a program whose credentials are good, with the scope that the route names, if it names one. */
  private admitClient(context: RequestContext, scope: Scope | undefined): true {
    const { principal, bodyFault } = context;
    // It is more specific than `unauthenticated`.
    if (bodyFault) throw bodyFault;
    if (!principal) throw this.refusals.notSignedIn(context);
    const isProgram = principal.kind !== 'session';
    if (isProgram && (scope === undefined || principal.scopes.includes(scope))) return true;
    throw this.refusals.forbidden(context, scope === undefined ? [] : [scope], insufficientScope(scope));
  }

  private async assertRole(
    context: RequestContext,
    principal: SessionPrincipal,
    anyOf: readonly Role[],
  ): Promise<void> {
    const problem = await this.roles.problemOf(principal, anyOf);
    if (problem) throw this.refusals.faulty(context, principal, problem, anyOf);
  }

  private async assertRecent(context: RequestContext, principal: SessionPrincipal): Promise<void> {
    const problem = await this.recent.problemOf(principal);
    if (problem) throw this.refusals.faulty(context, principal, problem);
  }
}
