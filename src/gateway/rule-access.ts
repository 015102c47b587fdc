import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../audit/audit-entry.js';
import { AuditService } from '../audit/audit.service.js';
import {
  type MachinePrincipal,
  type Principal,
  recordedCaller,
  type SessionPrincipal,
} from '../platform/access/principal.js';
import { Problem, type ProblemOccurrence } from '../platform/errors/problem.js';
import type { RequestContext } from '../platform/http/request-context.js';
import { RecentProof } from '../sessions/recent/recent-proof.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { SessionState } from '../sessions/state/session-state.js';
import type { GateRule } from './rules/gate-rule.js';

/** RFC 6750 section 3.1. */
const challenge = (error: string): ProblemOccurrence => ({
  headers: { 'www-authenticate': `Bearer error="${error}"` },
});

/** Decides by a rule whether the caller of a request may pass. Every refusal is recorded with the name of the rule. */
@Injectable()
export class RuleAccess {
  constructor(
    private readonly sessions: SessionState,
    private readonly recent: RecentProof,
    private readonly audit: AuditService,
  ) {}

  /** Returns the caller that the application is told, or null for nobody. Throws a problem if it may not pass. */
  async admit(context: RequestContext, rule: GateRule): Promise<Principal | null> {
    if (rule.access === 'anonymous') return this.known(context, rule);
    const { principal, tokenFault } = context;
    if (!principal) throw tokenFault ? this.invalid(context, rule) : this.unauthenticated(context, rule);
    await (principal.kind === 'session'
      ? this.admitPerson(context, principal, rule)
      : this.admitMachine(context, principal, rule));
    return principal;
  }

  private async known(context: RequestContext, rule: GateRule): Promise<Principal | null> {
    const { principal, tokenFault } = context;
    if (tokenFault === 'bad_signature') this.recordInvalid(context, rule);
    if (principal?.kind !== 'session') return principal;
    context.profile = await this.sessions.accountOf(context, principal);
    if (!context.profile) context.principal = null;
    return context.principal;
  }

  private async admitPerson(
    context: RequestContext,
    principal: SessionPrincipal,
    rule: GateRule,
  ): Promise<void> {
    context.profile = await this.sessions.accountOf(context, principal);
    if (!context.profile) throw this.ended(context, principal, rule);
    const { roles, scopes, acr, maxAgeSeconds } = rule;
    const isForMachines = scopes.length > 0 && roles.length === 0;
    const hasRole = roles.length === 0 || roles.some((role) => principal.roles.includes(role));
    if (isForMachines || !hasRole) throw this.forbidden(context, rule, roles);
    if (acr === null && maxAgeSeconds === null) return;
    const fault = await this.recent.faultOf(principal, { acr, maxAgeSeconds });
    if (fault === 'ended') throw this.ended(context, principal, rule);
    if (fault === null) return;
    this.refuse(context, rule, fault.row.code, []);
    throw fault;
  }

  private async admitMachine(
    context: RequestContext,
    principal: MachinePrincipal,
    rule: GateRule,
  ): Promise<void> {
    const { scopes, acr, maxAgeSeconds } = rule;
    const mayPass =
      acr === null && maxAgeSeconds === null && scopes.some((one) => principal.scopes.includes(one));
    if (!mayPass) throw this.forbidden(context, rule, scopes, challenge('insufficient_scope'));
  }

  private unauthenticated(context: RequestContext, rule: GateRule): Problem {
    this.refuse(context, rule, SessionErrors.unauthenticated.code, []);
    return new Problem(SessionErrors.unauthenticated);
  }

  private invalid(context: RequestContext, rule: GateRule): Problem {
    this.recordInvalid(context, rule);
    return new Problem(SessionErrors.invalid_token, challenge('invalid_token'));
  }

  private recordInvalid(context: RequestContext, { name }: GateRule): void {
    const { tokenFault, origin } = context;
    const details = { forged: tokenFault === 'bad_signature', rule: name };
    this.audit.recordRefusal({
      type: 'authn_token_invalid',
      outcome: 'failure',
      reason: tokenFault,
      origin,
      details,
    });
  }

  private ended(
    { origin }: RequestContext,
    { userId, sessionId }: SessionPrincipal,
    { name }: GateRule,
  ): Problem {
    this.audit.recordRefusal({
      type: 'session_use_after_expire',
      outcome: 'failure',
      reason: SessionErrors.session_ended.code,
      userId,
      sessionId,
      origin,
      details: { rule: name },
    });
    return new Problem(SessionErrors.session_ended, challenge('invalid_token'));
  }

  private forbidden(
    context: RequestContext,
    rule: GateRule,
    required: readonly string[],
    occurrence?: ProblemOccurrence,
  ): Problem {
    this.refuse(context, rule, SessionErrors.forbidden.code, required);
    return new Problem(SessionErrors.forbidden, occurrence);
  }

  private refuse(context: RequestContext, rule: GateRule, reason: string, required: readonly string[]): void {
    const event: AuditEvent<'authz_fail'> = {
      type: 'authz_fail',
      outcome: 'failure',
      reason,
      ...recordedCaller(context.principal),
      origin: context.origin,
      details: { required: [...required], rule: rule.name },
    };
    this.audit.recordRefusal(event);
  }
}
