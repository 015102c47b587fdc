import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import { canonicalEmail } from '../../users/canonical-email.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { RefreshTokens } from '../refresh/refresh-tokens.js';
import type { CallerClue } from './identified-by.decorator.js';

const MAX_ADDRESS_LENGTH = 254;

/**
 * Reads from an unvalidated body whom a request is about, so that the limits count by account and session before the
 * body is validated. It believes nothing: the digest is of what was submitted, the session only of a genuine token.
 */
@Injectable()
export class CallerClues {
  constructor(
    private readonly audit: AuditService,
    private readonly refreshTokens: RefreshTokens,
    private readonly presented: PresentedTokens,
  ) {}

  read(clue: CallerClue, request: FastifyRequest, context: RequestContext): void {
    if (clue === 'account') context.emailDigest = this.emailDigest(emailOf(request));
    else context.refreshSessionId = this.sessionId(request);
  }

  private emailDigest(email: unknown): string | null {
    if (typeof email !== 'string' || email.length > MAX_ADDRESS_LENGTH || !email.isWellFormed()) return null;
    return this.audit.emailDigest(canonicalEmail(email));
  }

  private sessionId(request: FastifyRequest): string | null {
    const token = this.presented.refresh(request);
    return token === null ? null : (this.refreshTokens.read(token)?.sessionId ?? null);
  }
}

function emailOf({ body }: FastifyRequest): unknown {
  return typeof body === 'object' && body !== null && 'email' in body ? body.email : undefined;
}
