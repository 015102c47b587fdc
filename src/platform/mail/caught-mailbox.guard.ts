import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Environment } from '../config/environment.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { isLoopbackHost, isLoopbackRequest } from '../http/client-ip/loopback.js';

/**
 * Restricts the mailbox to this machine, because it shows every password reset token. The peer must be on loopback and
 * must not be a proxy, and both `PUBLIC_URL` and `Host` must name loopback, which prevents DNS rebinding. All other
 * requests get `not_found`.
 */
@Injectable()
export class CaughtMailboxGuard implements CanActivate {
  private readonly isLocal: boolean;

  constructor({ PUBLIC_URL }: Environment) {
    this.isLocal = isLoopbackHost(new URL(PUBLIC_URL).host);
  }

  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (this.isLocal && isLoopbackRequest(request)) return true;
    throw new Problem(PlatformErrors.not_found);
  }
}
