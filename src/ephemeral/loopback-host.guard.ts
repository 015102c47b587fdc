import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../platform/errors/problem.js';
import { isLoopbackRequest } from '../platform/http/client-ip/loopback.js';
import { SessionErrors } from '../sessions/session.errors.js';

/**
 * Lets only this machine in. A page that rebinds its own name to loopback (DNS rebinding) is of the same origin as this
 * service for its browser, and `Host` is all that gives it away.
 */
@Injectable()
export class LoopbackHostGuard implements CanActivate {
  /** Throws `forbidden`. */
  canActivate(execution: ExecutionContext): true {
    if (isLoopbackRequest(execution.switchToHttp().getRequest<FastifyRequest>())) return true;
    throw new Problem(SessionErrors.forbidden, {
      detail:
        'The routes for tests answer this machine only, under the name localhost or a loopback address.',
    });
  }
}
