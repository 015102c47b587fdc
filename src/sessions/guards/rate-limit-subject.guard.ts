import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import { contextOf, type RequestContext } from '../../platform/http/request-context.js';
import {
  RATE_LIMIT_POLICIES,
  RATE_LIMIT_SUBJECT,
  type SubjectMembers,
} from '../../rate-limit/rate-limit.decorator.js';
import { canonicalEmail } from '../../users/canonical-email.js';
import { UsersService } from '../../users/users.service.js';
import { RefreshTokens } from '../refresh/refresh-tokens.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';

const MAX_EMAIL_LENGTH = 254;

/**
 * Reads the account and session of a request from the body members that the route declares, so that the limits can
 * count the request before its body is validated. The body is not trusted: the account is a digest of the submitted
 * text, and the session is taken only from a genuine token.
 */
@Injectable()
export class RateLimitSubjectGuard implements CanActivate {
  constructor(
    private readonly audit: AuditService,
    private readonly refreshTokens: RefreshTokens,
    private readonly presented: PresentedTokens,
    private readonly users: UsersService,
  ) {}

  /**
   * Allows every request. The body of a cross-site request is not read, because the named account must not be charged.
   */
  canActivate(execution: ExecutionContext): true {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    const members = Reflect.getMetadata(RATE_LIMIT_SUBJECT, execution.getHandler()) as
      SubjectMembers | undefined;
    if (!members || context.isCrossSite) return true;
    this.read(members, request, context);
    const policies = Reflect.getMetadata(RATE_LIMIT_POLICIES, execution.getHandler()) as readonly string[];
    context.isLogin = context.emailDigest !== null && policies.includes('login');
    return true;
  }

  /** Stores the subjects that the members name in the context; null if a member names none. */
  private read(
    { email, refreshToken }: SubjectMembers,
    request: FastifyRequest,
    context: RequestContext,
  ): void {
    if (email !== undefined) this.readEmail(memberOf(request, email), context);
    if (refreshToken !== undefined) context.refreshSessionId = this.sessionId(request, refreshToken);
  }

  private readEmail(text: unknown, context: RequestContext): void {
    if (typeof text !== 'string' || text.length > MAX_EMAIL_LENGTH || !text.isWellFormed()) return;
    const email = canonicalEmail(text);
    context.emailDigest = this.audit.emailDigest(email);
    context.findNamed = () => this.users.idByEmail(email);
  }

  private sessionId(request: FastifyRequest, member: string): string | null {
    const token = this.presented.refresh(request, member);
    return token === null ? null : (this.refreshTokens.read(token)?.sessionId ?? null);
  }
}

function memberOf({ body }: FastifyRequest, name: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
}
