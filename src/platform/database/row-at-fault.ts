import { QueryFailedError } from 'typeorm';

/**
 * SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation; a month without a partition is one of
 * them): PostgreSQL refused what a row says. Any other failure says nothing about the rows.
 */
const ROW_REFUSED = /^2[23]...$/;

/** Whether PostgreSQL refused a statement for what its rows say, so that repeating it would be refused as well. */
export function isRowAtFault(error: unknown): boolean {
  return (
    error instanceof QueryFailedError && ROW_REFUSED.test((error.driverError as { code?: string }).code ?? '')
  );
}
