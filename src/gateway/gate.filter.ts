import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemRow } from '../platform/errors/problem.js';
import { ProblemFilter } from '../platform/http/problems/problem.filter.js';
import { contextOf } from '../platform/http/request-context.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { ReturnUrl } from './return-url.js';
import { GateRules } from './rules/gate-rules.js';
import { isNavigation } from './forwarded-request.js';

/** The problems of somebody who is not signed in. */
const NOT_SIGNED_IN: readonly ProblemRow[] = [
  SessionErrors.unauthenticated,
  SessionErrors.invalid_token,
  SessionErrors.session_ended,
];

/** Refuses requests, and sends a browser that wants to show a page to the login instead if the rule says so. */
@Injectable()
@Catch()
export class GateFilter implements ExceptionFilter {
  constructor(
    private readonly problems: ProblemFilter,
    private readonly rules: GateRules,
    private readonly addresses: ReturnUrl,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = this.problems.judge(thrown, request);
    const login = NOT_SIGNED_IN.includes(problem.row) ? this.loginFor(request) : null;
    if (login === null) this.problems.send(problem, request, reply);
    else void reply.status(302).header('location', login).send();
  }

  private loginFor(request: FastifyRequest): string | null {
    const { forwardAuth } = contextOf(request);
    if (!forwardAuth || !this.rules.find(forwardAuth.rule)?.redirectsToLogin) return null;
    return isNavigation(forwardAuth.forwarded, request.headers)
      ? this.addresses.loginFor(forwardAuth.forwarded)
      : null;
  }
}
