import { type DataSource, QueryFailedError } from 'typeorm';
import type { CopiedRows } from './copy-query.js';
import type { DeadlineClient } from './deadline-client.js';

/**
 * Writes rows in their own transaction, all or none, at half the cost of an INSERT for PostgreSQL. Works only over the
 * service's pool, and its deadlines apply. Throws QueryFailedError, like any statement, if PostgreSQL rejects the rows.
 * Returns the number of rows that PostgreSQL reports as written: a trigger may have dropped some.
 */
export async function copyIn(dataSource: DataSource, copied: CopiedRows): Promise<number> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as DeadlineClient;
    return await client.copyIn(copied).catch((error: Error) => {
      throw new QueryFailedError(copied.copy, undefined, error);
    });
  } finally {
    await runner.release();
  }
}
