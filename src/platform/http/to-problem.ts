import { HttpException } from '@nestjs/common';
import { asDatabaseProblem } from '../database/database-problem.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem, type ProblemRow } from '../errors/problem.js';

const BY_STATUS: ReadonlyMap<number, ProblemRow> = new Map([
  [404, PlatformErrors.not_found],
  [405, PlatformErrors.method_not_allowed],
  [413, PlatformErrors.payload_too_large],
  [415, PlatformErrors.unsupported_media_type],
]);

/**
 * Any thrown value as the problem that a client is told: ours as they are, refusals of the HTTP layer by their
 * status, a lost database as `dependency_unavailable`, and everything else as `internal`.
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

/** A body whose client hung up: Node's own code for it, and the status that Fastify gives to what ends a body early. */
function isBrokenOff(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  return code === 'ECONNRESET' && statusCode === 400;
}

/**
 * Nest's exceptions, the errors of Fastify and its server of static files, and those of http-errors that are meant for the
 * client (`expose`) carry a status; nothing else is trusted to name its own.
 */
function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return null;
  const { code, expose, statusCode } = error as { code?: unknown; expose?: unknown; statusCode?: unknown };
  const isMeant = expose === true || (typeof code === 'string' && /^FST_(?:ERR|STATIC)_/.test(code));
  return isMeant && typeof statusCode === 'number' ? statusCode : null;
}
