import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Problem } from '../../platform/errors/problem.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import { SessionErrors } from '../session.errors.js';
import { SessionsRepository } from '../sessions.repository.js';

/**
 * Finds the session of a request to a public route whose behaviour depends on it. Reads PostgreSQL and not the cached copy,
 * which may be a second old: such requests are rare and change the account.
 */
@Injectable()
export class CallerSession {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly clock: Clock,
  ) {}

  /** Returns the caller if their session is live; null otherwise. */
  async find({ principal }: RequestContext): Promise<SessionPrincipal | null> {
    if (principal?.kind !== 'session') return null;
    const found = await this.sessions.findLive(principal.sessionId, this.clock.now());
    return found?.owner.id === principal.userId ? principal : null;
  }

  /** Returns the caller. Throws `unauthenticated`, `invalid_token` or `session_ended`. */
  async require(context: RequestContext): Promise<SessionPrincipal> {
    const caller = await this.find(context);
    if (caller) return caller;
    if (context.principal?.kind === 'session') throw new Problem(SessionErrors.session_ended);
    throw new Problem(context.tokenFault ? SessionErrors.invalid_token : SessionErrors.unauthenticated);
  }
}
