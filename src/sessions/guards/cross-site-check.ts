import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ForwardAuth } from '../../platform/access/forward-auth.js';
import { Environment } from '../../platform/config/environment.js';
import { AllowedOrigins } from '../../platform/http/allowed-origins.js';
import { contextOf } from '../../platform/http/request-context.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { TokenCookies } from '../tokens/token-cookies.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Marks cross-site requests that change state, login included (OWASP CSRF Prevention Cheat Sheet). It reads Fetch
 * Metadata if the browser sends it, and `Origin` otherwise. A caller that sends neither is not a browser, unless it
 * sends one of our cookies. The limits count a marked request against its address only; the CSRF guard refuses it
 * afterwards.
 *
 * In a forward-auth request, the forwarded request is judged, and only if it uses a cookie: credentials in a header
 * are added by no browser. A marked one counts in the limits of its rule, too, like one without a caller.
 */
@Injectable()
export class CrossSiteCheck implements CanActivate {
  private readonly ownOrigin: string;
  private readonly allowedOrigins: AllowedOrigins;

  constructor(
    environment: Environment,
    private readonly cookies: TokenCookies,
    private readonly presented: PresentedTokens,
  ) {
    this.ownOrigin = new URL(environment.PUBLIC_URL).origin;
    this.allowedOrigins = new AllowedOrigins(environment);
  }

  canActivate(execution: ExecutionContext): true {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    const mustBeOurs = context.forwardAuth
      ? context.forwardAuth.isUnsafe && this.usesCookie(request)
      : !SAFE_METHODS.has(request.method);
    context.isCrossSite = mustBeOurs && !this.isAllowed(request, context.forwardAuth);
    return true;
  }

  private usesCookie(request: FastifyRequest): boolean {
    return this.presented.transportOf(request) === 'cookie' && this.presented.access(request) !== null;
  }

  private isAllowed(request: FastifyRequest, forwardAuth: ForwardAuth | null): boolean {
    const { origin } = request.headers;
    const fetchSite = request.headers['sec-fetch-site'];
    if (origin === this.ownOrigin) return true;
    if (origin !== undefined && (this.allowedOrigins.has(origin) || forwardAuth?.origins.has(origin)))
      return true;
    if (fetchSite === 'same-origin' || fetchSite === 'none') return true;
    return origin === undefined && fetchSite === undefined && !this.cookies.accompany(request);
  }
}
