import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import { contextOf } from '../../platform/http/request-context.js';
import { RATE_LIMIT_SUBJECT, type SubjectMembers } from '../../rate-limit/rate-limit.decorator.js';
import { canonicalEmail } from '../../users/canonical-email.js';
import { RefreshTokens } from '../refresh/refresh-tokens.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';

const MAX_EMAIL_LENGTH = 254;

/**
 * Reads from an unvalidated body whom a request is about, by the members that its route declares, so that the limits count by
 * account and session before the body is validated. Nothing is taken on trust: the digest is of what was submitted, the
 * session only of a genuine token.
 */
@Injectable()
export class RateLimitSubject implements CanActivate {
  constructor(
    private readonly audit: AuditService,
    private readonly refreshTokens: RefreshTokens,
    private readonly presented: PresentedTokens,
  ) {}

  /** Notes on the context what the members name, null where they name nothing; refuses nobody. */
  canActivate(execution: ExecutionContext): true {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    const members = Reflect.getMetadata(RATE_LIMIT_SUBJECT, execution.getHandler()) as
      SubjectMembers | undefined;
    // The account that a foreign page names must not pay for it.
    if (members === undefined || context.isCrossSite) return true;
    const { email, refreshToken } = members;
    if (email !== undefined) context.emailDigest = this.emailDigest(memberOf(request, email));
    if (refreshToken !== undefined) context.refreshSessionId = this.sessionId(request, refreshToken);
    return true;
  }

  private emailDigest(email: unknown): string | null {
    if (typeof email !== 'string' || email.length > MAX_EMAIL_LENGTH || !email.isWellFormed()) return null;
    return this.audit.emailDigest(canonicalEmail(email));
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
