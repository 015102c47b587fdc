import { Client, type QueryResultRow } from 'pg';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** Runs one statement as a superuser, to inspect or damage data to which the service's role has no access. */
export async function asSuperuser<T extends QueryResultRow>(
  { superuserUrl }: Pick<FreshDatabase, 'superuserUrl'>,
  statement: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const client = new Client(superuserUrl);
  await client.connect();
  try {
    return (await client.query<T>(statement, [...parameters])).rows;
  } finally {
    await client.end();
  }
}
