import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';

/**
 * SQLSTATE classes and codes that mean that the server is unreachable, starting, out of resources or too slow, not that
 * the statement is wrong: 08 connection, 53 resources (disk full, too many connections), 55P03 lock not available, 57
 * operator intervention (shutdown, statement_timeout), 58 system error, 40 serialization and deadlock, 28 and 3D login
 * or database refused, 25006 read-only (a replica after failover), 25P03 and 25P04 transaction ended by the server on a
 * timeout, 0A000 a prepared statement whose columns a migration has changed. PostgreSQL documentation, appendix A.
 */
const UNAVAILABLE_SQLSTATE = /^(08|53|57|58|40|28|3D)...$|^55P03$|^25(006|P03|P04)$|^0A000$/;

/** Failures of Node.js and node-postgres, which have no SQLSTATE. */
const UNAVAILABLE_CODE = /^E(CONN|PIPE|HOST|NET|TIMEDOUT|NOTFOUND|AI_AGAIN|ACCES|NOENT)/;
const UNAVAILABLE_MESSAGE =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|query read timeout|client (has encountered a connection error|was closed)|connection ended|driver not connected|cannot use a pool after calling end|server closed the connection/i;

/** Returns whether an error means that PostgreSQL was unavailable, not that it rejected the statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some((inner) => isDatabaseUnavailable(inner));
  if (!(error instanceof Error)) return false;
  if (isReleasedRunner(error)) return true;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (cause instanceof AggregateError) return isDatabaseUnavailable(cause);
  const { code = '' } = cause as { code?: string };
  return (
    UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_CODE.test(code) || UNAVAILABLE_MESSAGE.test(error.message)
  );
}

/** The connection broke between two statements of a transaction, and TypeORM has already released it. */
function isReleasedRunner(error: Error): boolean {
  return (
    error instanceof QueryRunnerAlreadyReleasedError ||
    error instanceof QueryRunnerProviderAlreadyReleasedError
  );
}

/**
 * Returns `dependency_unavailable` (503, retry in a second) if the database was unavailable; otherwise the error
 * itself.
 */
export function asDatabaseProblem(error: unknown): unknown {
  if (error instanceof Problem || !isDatabaseUnavailable(error)) return error;
  return new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1, cause: error });
}

/** Runs a read or a single statement outside a transaction and maps its errors in the same way. */
export async function onDatabase<T>(statement: () => Promise<T>): Promise<T> {
  try {
    return await statement();
  } catch (error) {
    throw asDatabaseProblem(error);
  }
}

/** Returns the name of the unique constraint that a statement violated (SQLSTATE 23505), or null. */
export function violatedUnique(error: unknown): string | null {
  if (!(error instanceof QueryFailedError)) return null;
  const driverError = error.driverError as { code?: string; constraint?: string };
  return driverError.code === '23505' ? (driverError.constraint ?? '') : null;
}
