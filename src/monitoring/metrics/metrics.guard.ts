import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { SessionErrors } from '../../sessions/session.errors.js';
import { Environment } from '../../platform/config/environment.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { isLoopbackRequest } from '../../platform/http/client-ip/loopback.js';

/** The scheme is case-insensitive (RFC 9110 section 11.1). */
const SCHEME = /^bearer /i;

/**
 * Restricts the metrics to the operator. If `METRICS_TOKEN` is set, the request must present it. Otherwise they exist only
 * outside production, for requests from this machine that name it as their `Host`: not those forwarded by a proxy on it, nor
 * those of a page whose name was rebound to it. All others get `not_found`.
 */
@Injectable()
export class MetricsGuard implements CanActivate {
  private readonly expected: Buffer | null;
  /** Whether this machine is served without a token. */
  private readonly isOpen: boolean;

  constructor({ METRICS_TOKEN: token, isProduction }: Environment) {
    this.isOpen = !isProduction;
    this.expected = token === undefined ? null : digest(`bearer ${token}`);
  }

  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (this.expected) return this.presentsToken(request, this.expected);
    if (this.isOpen && isLoopbackRequest(request)) return true;
    throw new Problem(PlatformErrors.not_found);
  }

  /** Compares digests, so that timing reveals neither the token's length nor a prefix of it. */
  private presentsToken({ headers: { authorization } }: FastifyRequest, expected: Buffer): true {
    if (authorization === undefined) throw new Problem(SessionErrors.unauthenticated);
    if (!timingSafeEqual(digest(authorization.replace(SCHEME, 'bearer ')), expected))
      throw new Problem(SessionErrors.invalid_token);
    return true;
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
