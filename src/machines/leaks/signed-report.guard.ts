import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { SIGNATURE_FIELD, signatureFault } from '../../platform/crypto/body-signature.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { parseRawBody } from '../../platform/http/bodies/json-body.js';
import { contextOf } from '../../platform/http/request-context.js';
import { SessionErrors } from '../../sessions/session.errors.js';

const DETAIL = 'Portcullis-Signature is not the signature of this body, or is more than 300 seconds old.';

/**
 * Lets in what was signed with `SECRET_SCANNING_SECRET`, and parses it. A forged signature is recorded as a forged token is.
 */
@Injectable()
export class SignedReportGuard implements CanActivate {
  constructor(
    private readonly environment: Environment,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws `not_found` without the secret, `unauthenticated` without a signature, `invalid_token`, and, for a signed body that
   * cannot be read, `malformed_request` or `unsupported_media_type`.
   */
  canActivate(execution: ExecutionContext): true {
    const { SECRET_SCANNING_SECRET: secret } = this.environment;
    if (secret === undefined) throw new Problem(PlatformErrors.not_found);
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { rawBody, origin } = contextOf(request);
    const body = rawBody ?? Buffer.alloc(0);
    const fault = signatureFault(request.headers[SIGNATURE_FIELD], {
      secret,
      body,
      nowMs: this.clock.nowMs(),
    });
    if (fault === null) {
      request.body = parseRawBody(request);
      return true;
    }
    this.audit.recordRefusal({
      type: 'authn_token_invalid',
      outcome: 'failure',
      reason: fault,
      origin,
      details: { forged: fault === 'bad_signature' },
    });
    throw fault === 'missing'
      ? new Problem(SessionErrors.unauthenticated, { detail: 'The request has no Portcullis-Signature.' })
      : new Problem(SessionErrors.invalid_token, { detail: DETAIL });
  }
}
