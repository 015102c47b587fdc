import { type DataSource, QueryFailedError } from 'typeorm';
import type { CopiedRows } from './copy-query.js';
import type { DeadlineClient } from './deadline-client.js';

/**
 * Writes rows in a transaction of their own, all or none, for half of what an INSERT costs PostgreSQL. Only over the
 * service's pool, whose deadlines hold for it; throws as a statement does, QueryFailedError where PostgreSQL refuses.
 * Returns how many rows PostgreSQL says it has written: a trigger may have dropped some.
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
