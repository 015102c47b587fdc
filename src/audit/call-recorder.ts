import { recordedCaller } from '../platform/access/principal.js';
import type { ForwardAuth } from '../platform/access/forward-auth.js';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { contextOf } from '../platform/http/request-context.js';
import type { ForwardedCall } from './audit-entry.js';
import { AuditService } from './audit.service.js';

/** Maximum number and length of pointers in an entry; both are chosen by the client. */
const MAX_POINTERS = 20;
const MAX_POINTER_LENGTH = 128;

/**
 * Records each API call just before its response is sent, so that the record is in the spool first. It is a hook of
 * the HTTP layer, because refusals by guards, 404, 405, 413 and unreadable bodies do not reach an interceptor.
 */
@Injectable()
export class CallRecorder {
  constructor(private readonly audit: AuditService) {}

  /**
   * Throws `dependency_unavailable` if there is no room to record the call: a call that cannot be recorded is
   * refused.
   */
  assertRoom(request: FastifyRequest): void {
    const { origin, isOperational } = contextOf(request);
    if (isOperational || this.audit.hasRoomFor(origin.network)) return;
    throw new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 5 });
  }

  /** Calls `recorded` once the call is in the spool, at the end of this turn of the event loop. */
  record(request: FastifyRequest, status: number, recorded: () => void): void {
    const context = contextOf(request);
    if (context.isOperational) return recorded();
    const { origin, principal, problemCode, forwardAuth, subjectId } = context;
    const caller = recordedCaller(principal);
    if (problemCode === PlatformErrors.validation_failed.code) this.recordInvalidInput(request);
    this.audit.recordCall(
      {
        origin,
        method: request.method,
        route: context.route,
        status,
        durationMs: performance.now() - context.startedAt,
        userId: caller.userId ?? origin.about?.userId ?? null,
        sessionId: caller.sessionId ?? context.refreshSessionId,
        reason: problemCode,
        ...(forwardAuth && { forwarded: forwardedCall(forwardAuth) }),
        ...(subjectId !== null && { subjectId }),
      },
      recorded,
    );
  }

  private recordInvalidInput(request: FastifyRequest): void {
    const { origin, principal, invalidMembers } = contextOf(request);
    this.audit.recordRefusal({
      type: 'input_validation_fail',
      outcome: 'failure',
      reason: PlatformErrors.validation_failed.code,
      ...recordedCaller(principal),
      origin,
      details: recordedPointers(invalidMembers),
    });
  }
}

function forwardedCall({ rule, forwarded: { method, uri } }: ForwardAuth): ForwardedCall {
  return { rule, method, path: uri === null ? null : /^[^?#]*/.exec(uri)![0] };
}

/** Returns the first pointers of a refused request, and the number of omitted ones. */
function recordedPointers(pointers: readonly string[]): { pointers: string[]; omitted?: number } {
  const omitted = pointers.length - MAX_POINTERS;
  return {
    pointers: pointers.slice(0, MAX_POINTERS).map((pointer) => pointer.slice(0, MAX_POINTER_LENGTH)),
    ...(omitted > 0 && { omitted }),
  };
}
