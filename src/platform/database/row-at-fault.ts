import { QueryFailedError } from 'typeorm';

/**
 * SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation, which includes a month without a
 * partition): PostgreSQL rejected the contents of a row. Other failures do not depend on the rows.
 */
const ROW_REFUSED = /^2[23]...$/;

/** Returns whether PostgreSQL rejected a statement because of its rows, so that a retry would fail as well. */
export function isRowAtFault(error: unknown): boolean {
  return (
    error instanceof QueryFailedError && ROW_REFUSED.test((error.driverError as { code?: string }).code ?? '')
  );
}
