import { HttpException } from '@nestjs/common';
import { asDatabaseProblem } from '../../database/database-problem.js';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem, type ProblemRow } from '../../errors/problem.js';

const BY_STATUS: ReadonlyMap<number, ProblemRow> = new Map([
  [404, PlatformErrors.not_found],
  [405, PlatformErrors.method_not_allowed],
  [413, PlatformErrors.payload_too_large],
  [415, PlatformErrors.unsupported_media_type],
]);

/**
 * Converts a thrown value to the problem to send: a problem is returned unchanged, refusals of the HTTP layer are mapped by
 * their status, a lost database becomes `dependency_unavailable`, and anything else `internal`.
 */
export function toProblem(thrown: unknown): Problem {
  if (isBrokenOff(thrown)) return new Problem(PlatformErrors.malformed_request, { cause: thrown });
  const error = asDatabaseProblem(thrown);
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status === null || status < 400 || status >= 500)
    return new Problem(PlatformErrors.internal, { cause: error });
  return new Problem(BY_STATUS.get(status) ?? PlatformErrors.malformed_request, { cause: error });
}

/** A body whose client disconnected: Node's error code for it, with the status that Fastify sets for an incomplete body. */
function isBrokenOff(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  return code === 'ECONNRESET' && statusCode === 400;
}

/**
 * Returns the status of Nest's exceptions, of errors of Fastify and its static file server, and of http-errors meant for
 * the client (`expose`). The status of any other error is not trusted.
 */
function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return null;
  const { code, expose, statusCode } = error as { code?: unknown; expose?: unknown; statusCode?: unknown };
  const isMeant = expose === true || (typeof code === 'string' && /^FST_(?:ERR|STATIC)_/.test(code));
  return isMeant && typeof statusCode === 'number' ? statusCode : null;
}
