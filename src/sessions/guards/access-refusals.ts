import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { recordedCaller, type SessionPrincipal } from '../../platform/access/principal.js';
import type { Scope } from '../../platform/access/scope.decorator.js';
import { Problem, type ProblemOccurrence } from '../../platform/errors/problem.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import { SessionErrors } from '../session.errors.js';
import { INVALID_TOKEN } from '../invalid-token.js';
import type { TokenFault } from '../tokens/token-refused.js';

/** The fault of a token that was not signed with our key. */
const FORGED = 'bad_signature';

/** The fault of a token that says more or less than its session has proven. */
const OUTDATED = 'revoked' satisfies TokenFault;

/**
 * Records why a caller may not proceed, with the rule of the gateway if a proxy asked, and returns the problem to throw.
 * Refusals are recorded where they are decided, because interceptors do not run for requests that a guard refuses.
 */
@Injectable()
export class AccessRefusals {
  constructor(private readonly audit: AuditService) {}

  /** Nobody is signed in, or the token of the caller is not valid. */
  notSignedIn(context: RequestContext): Problem {
    const { tokenFault } = context;
    if (!tokenFault) return this.denied(context, new Problem(SessionErrors.unauthenticated));
    this.recordInvalid(context, tokenFault);
    return new Problem(SessionErrors.invalid_token, INVALID_TOKEN);
  }

  /** The level of the session of a valid token has changed since the token was issued. */
  outdated(context: RequestContext, { userId }: SessionPrincipal): Problem {
    this.recordInvalid(context, OUTDATED, userId);
    return new Problem(SessionErrors.invalid_token, INVALID_TOKEN);
  }

  /** Records a forged token where none is needed. */
  recordForged(context: RequestContext): void {
    if (context.tokenFault === FORGED) this.recordInvalid(context, FORGED);
  }

  /** The session of a valid token is over. */
  ended(context: RequestContext, { userId, sessionId }: SessionPrincipal): Problem {
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

  /** A check of the caller's role or proof has found a problem. A session that is over has an event of its own. */
  faulty(
    context: RequestContext,
    principal: SessionPrincipal,
    problem: Problem | 'ended',
    required: readonly string[] = [],
  ): Problem {
    const isOver = problem === 'ended' || problem.row === SessionErrors.session_ended;
    return isOver ? this.ended(context, principal) : this.denied(context, problem, required);
  }

  /** The caller lacks a role or a scope. */
  forbidden(
    context: RequestContext,
    required: readonly string[],
    occurrence: ProblemOccurrence = {},
  ): Problem {
    return this.denied(context, new Problem(SessionErrors.forbidden, occurrence), required);
  }

  /** The caller is refused for the reason of a problem, which is returned. */
  denied(context: RequestContext, problem: Problem, required: readonly string[] = []): Problem {
    this.record(context, {
      type: 'authz_fail',
      outcome: 'failure',
      reason: problem.row.code,
      ...recordedCaller(context.principal),
      details: { required: [...required] },
    });
    return problem;
  }

  private recordInvalid(
    context: RequestContext,
    fault: string,
    userId: string | null = context.origin.about?.userId ?? null,
  ): void {
    this.record(context, {
      type: 'authn_token_invalid',
      outcome: 'failure',
      reason: fault,
      userId,
      details: { forged: fault === FORGED },
    });
  }

  private record({ origin, forwardAuth }: RequestContext, event: Omit<AuditEvent, 'origin'>): void {
    const details = { ...event.details, ...(forwardAuth && { rule: forwardAuth.rule }) };
    this.audit.recordRefusal({ ...event, origin, details } as AuditEvent);
  }
}

/** RFC 6750 section 3.1. A route that names no scope is open to no key. */
export function insufficientScope(scope?: Scope): ProblemOccurrence {
  const challenge = ['error="insufficient_scope"', ...(scope === undefined ? [] : [`scope="${scope}"`])];
  return { headers: { 'www-authenticate': `Bearer ${challenge.join(', ')}` } };
}
