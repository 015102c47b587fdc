import { QueryFailedError } from 'typeorm';

/**
 * SQLSTATE classes 22 (data exception), 23 (integrity constraint violation, which includes a month without a partition) and 54
 * (program limit exceeded, such as the size of a row of an index): PostgreSQL rejected the contents of a row. Other failures
 * do not depend on the rows.
 */
const ROW_REFUSED = /^(2[23]|54)...$/;

/** Returns whether PostgreSQL rejected a statement because of its rows, so that a retry would fail as well. */
export function isRowAtFault(error: unknown): boolean {
  return (
    error instanceof QueryFailedError && ROW_REFUSED.test((error.driverError as { code?: string }).code ?? '')
  );
}

/** Returns whether there is no partition for a row. PostgreSQL reports it as a violated check, but names no constraint. */
export function isPartitionMissing(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, constraint } = error.driverError as { code?: string; constraint?: string };
  return code === '23514' && constraint === undefined;
}
