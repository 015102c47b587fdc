import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import { Environment } from '../../platform/config/environment.js';
import { Problem } from '../../platform/errors/problem.js';
import { contextOf } from '../../platform/http/request-context.js';
import { Admission } from '../../rate-limit/admission.js';
import { SessionErrors } from '../session.errors.js';
import { TokenCookies } from '../tokens/token-cookies.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const MAX_RECORDED_ORIGIN = 200;

/**
 * Refuses cross-site requests that change something (OWASP CSRF Prevention Cheat Sheet), login included: by Fetch
 * Metadata where the browser sends it, by `Origin` as the fallback. A caller with neither is no browser, unless it
 * brings a cookie of ours.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  private readonly allowedOrigins: ReadonlySet<string>;

  constructor(
    environment: Environment,
    private readonly cookies: TokenCookies,
    private readonly admission: Admission,
    private readonly audit: AuditService,
  ) {
    this.allowedOrigins = new Set([new URL(environment.PUBLIC_URL).origin, ...environment.CORS_ORIGINS]);
  }

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (SAFE_METHODS.has(request.method) || this.isAllowed(request)) return true;
    return this.refuse(request, http.getResponse<FastifyReply>());
  }

  /** Counted against the address alone: the account that a foreign page names must not pay for it. */
  private async refuse(request: FastifyRequest, reply: FastifyReply): Promise<never> {
    const refusal = new Problem(SessionErrors.csrf_rejected);
    const reason = await this.admission.admitRefused(refusal, request, reply);
    if (reason === refusal) this.record(request);
    throw reason;
  }

  private record(request: FastifyRequest): void {
    this.audit.recordRefusal({
      type: 'malicious_csrf',
      outcome: 'failure',
      reason: SessionErrors.csrf_rejected.code,
      origin: contextOf(request).origin,
      details: {
        origin: request.headers.origin?.slice(0, MAX_RECORDED_ORIGIN) ?? null,
        fetchSite: single(request.headers['sec-fetch-site'])?.slice(0, MAX_RECORDED_ORIGIN) ?? null,
      },
    });
  }

  private isAllowed(request: FastifyRequest): boolean {
    const { origin } = request.headers;
    const fetchSite = single(request.headers['sec-fetch-site']);
    if (origin !== undefined && this.allowedOrigins.has(origin)) return true;
    if (fetchSite === 'same-origin' || fetchSite === 'none') return true;
    return origin === undefined && fetchSite === undefined && !this.cookies.accompany(request);
  }
}

const single = (header: string | string[] | undefined) =>
  Array.isArray(header) ? header.join(', ') : header;
