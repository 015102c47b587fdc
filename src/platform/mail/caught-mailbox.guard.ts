import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Environment } from '../config/environment.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { isLoopbackHost, isLoopbackPeer } from '../http/loopback.js';

/**
 * The mailbox holds every token that resets a password, so it is there for this machine alone: the peer is on loopback
 * and no proxy, and `PUBLIC_URL` and `Host` name loopback, which a page that rebinds its own name does not (DNS
 * rebinding). Everybody else gets `not_found`.
 */
@Injectable()
export class CaughtMailboxGuard implements CanActivate {
  private readonly isLocal: boolean;

  constructor({ PUBLIC_URL }: Environment) {
    this.isLocal = isLoopbackHost(new URL(PUBLIC_URL).host);
  }

  canActivate(execution: ExecutionContext): boolean {
    const { headers, socket } = execution.switchToHttp().getRequest<FastifyRequest>();
    if (this.isLocal && isLoopbackPeer(socket.remoteAddress, headers) && isLoopbackHost(headers.host ?? ''))
      return true;
    throw new Problem(PlatformErrors.not_found);
  }
}
