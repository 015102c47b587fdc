import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import { Problem } from '../../platform/errors/problem.js';
import { contextOf } from '../../platform/http/request-context.js';
import { SessionErrors } from '../session.errors.js';

const MAX_RECORDED_ORIGIN = 200;

/**
 * Refuses and records the requests that the cross-site check has marked, after the limits have counted them. Of operational
 * routes nothing is recorded.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  constructor(private readonly audit: AuditService) {}

  /** Throws `csrf_rejected`. */
  canActivate(execution: ExecutionContext): true {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { isCrossSite, isOperational, origin, forwardAuth } = contextOf(request);
    if (!isCrossSite) return true;
    if (isOperational) throw new Problem(SessionErrors.csrf_rejected);
    this.audit.recordRefusal({
      type: 'malicious_csrf',
      outcome: 'failure',
      reason: SessionErrors.csrf_rejected.code,
      origin,
      details: {
        origin: request.headers.origin?.slice(0, MAX_RECORDED_ORIGIN) ?? null,
        fetchSite: single(request.headers['sec-fetch-site'])?.slice(0, MAX_RECORDED_ORIGIN) ?? null,
        ...(forwardAuth && { rule: forwardAuth.rule }),
      },
    });
    throw new Problem(SessionErrors.csrf_rejected);
  }
}

const single = (header: string | string[] | undefined) =>
  Array.isArray(header) ? header.join(', ') : header;
