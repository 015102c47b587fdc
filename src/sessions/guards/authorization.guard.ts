import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditEvent } from '../../audit/audit-entry.js';
import { accessRuleOf, asksForRecentProof, scopeOf } from '../../platform/access/access-rule.js';
import {
  type MachinePrincipal,
  recordedCaller,
  type Role,
  type SessionPrincipal,
} from '../../platform/access/principal.js';
import type { Scope } from '../../platform/access/scope.decorator.js';
import { Problem, type ProblemOccurrence } from '../../platform/errors/problem.js';
import { type RequestContext, contextOf } from '../../platform/http/request-context.js';
import { RoleCheck } from '../levels/role-check.js';
import { RecentProof } from '../recent/recent-proof.js';
import { SessionErrors } from '../session.errors.js';
import { SessionState } from '../state/session-state.js';

/** RFC 6750 section 3.1: the error is named only to a caller who sent a token. */
const INVALID_TOKEN = { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };

/** The fault of a token that was not signed with our key. */
const FORGED = 'bad_signature';

/**
 * Decides whether the caller may proceed. The route must declare a rule (closed by default), the session must be live,
 * and the proof must be recent if the route requires that. API keys need the scope that the route names. Refusals are recorded here, because interceptors do not run
 * for requests that a guard refuses.
 */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  constructor(
    private readonly sessions: SessionState,
    private readonly roles: RoleCheck,
    private readonly recent: RecentProof,
    private readonly audit: AuditService,
  ) {}

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const rule = accessRuleOf(execution);
    const context = contextOf(execution.switchToHttp().getRequest<FastifyRequest>());
    if (rule?.kind === 'public') {
      // A public route needs no token, but a forged one is still recorded, unless the route has no rate limit.
      if (context.tokenFault === FORGED && !context.isOperational) this.recordInvalid(context, FORGED);
      return true;
    }
    // The handler asks the rule of the question, after these guards.
    if (rule?.kind === 'proxy') return true;
    if (!rule) throw this.forbidden(context, []);
    const anyOf = rule.kind === 'roles' ? rule.anyOf : [];
    const { principal } = context;
    if (principal && principal.kind !== 'session')
      return this.admitMachine(context, principal, anyOf, scopeOf(execution));
    return this.admit(context, principal, anyOf, asksForRecentProof(execution));
  }

  private async admit(
    context: RequestContext,
    principal: SessionPrincipal | null,
    anyOf: readonly Role[],
    asksForProof: boolean,
  ): Promise<boolean> {
    if (!principal)
      throw context.tokenFault ? this.invalid(context, context.tokenFault) : this.unauthenticated(context);
    context.profile = await this.sessions.accountOf(context, principal);
    if (!context.profile) throw this.ended(context, principal);
    if (anyOf.length > 0) await this.assertRole(context, principal, anyOf);
    if (asksForProof) await this.assertRecent(context, principal);
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
    throw this.forbidden(context, scope === undefined ? anyOf : [scope], insufficientScope(scope));
  }

  private async assertRole(
    context: RequestContext,
    principal: SessionPrincipal,
    anyOf: readonly Role[],
  ): Promise<void> {
    const fault = await this.roles.faultOf(principal, anyOf);
    if (fault === null) return;
    if (fault.row === SessionErrors.session_ended) throw this.ended(context, principal);
    this.record(context, {
      type: 'authz_fail',
      outcome: 'failure',
      reason: fault.row.code,
      ...recordedCaller(principal),
      details: { required: [...anyOf] },
    });
    throw fault;
  }

  private async assertRecent(context: RequestContext, principal: SessionPrincipal): Promise<void> {
    const fault = await this.recent.faultOf(principal);
    if (fault === null) return;
    if (fault === 'ended') throw this.ended(context, principal);
    this.record(context, {
      type: 'authz_fail',
      outcome: 'failure',
      reason: fault.row.code,
      ...recordedCaller(principal),
      details: { required: [] },
    });
    throw fault;
  }

  private unauthenticated(context: RequestContext): Problem {
    this.record(context, {
      type: 'authz_fail',
      outcome: 'failure',
      reason: 'unauthenticated',
      details: { required: [] },
    });
    return new Problem(SessionErrors.unauthenticated);
  }

  private invalid(context: RequestContext, fault: string): Problem {
    this.recordInvalid(context, fault);
    return new Problem(SessionErrors.invalid_token, INVALID_TOKEN);
  }

  private recordInvalid(context: RequestContext, fault: string): void {
    const details = { forged: fault === FORGED };
    this.record(context, { type: 'authn_token_invalid', outcome: 'failure', reason: fault, details });
  }

  private ended(context: RequestContext, { userId, sessionId }: SessionPrincipal): Problem {
    this.record(context, {
      type: 'session_use_after_expire',
      outcome: 'failure',
      reason: SessionErrors.session_ended.code,
      userId,
      sessionId,
      details: {},
    });
    return new Problem(SessionErrors.session_ended, INVALID_TOKEN);
  }

  private forbidden(
    context: RequestContext,
    required: readonly string[],
    occurrence: ProblemOccurrence = {},
  ): Problem {
    const details = { required: [...required] };
    this.record(context, {
      type: 'authz_fail',
      outcome: 'failure',
      reason: 'forbidden',
      ...recordedCaller(context.principal),
      details,
    });
    return new Problem(SessionErrors.forbidden, occurrence);
  }

  private record(context: RequestContext, event: Omit<AuditEvent, 'origin'>): void {
    this.audit.recordRefusal({ ...event, origin: context.origin } as AuditEvent);
  }
}

/** RFC 6750 section 3.1. A route that names no scope is open to no key. */
function insufficientScope(scope: Scope | undefined): ProblemOccurrence {
  const challenge = ['error="insufficient_scope"', ...(scope === undefined ? [] : [`scope="${scope}"`])];
  return { headers: { 'www-authenticate': `Bearer ${challenge.join(', ')}` } };
}
