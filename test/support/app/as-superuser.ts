import { Client, type QueryResultRow } from 'pg';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** Runs one statement as somebody whom no grant binds: to look behind the service, or to break what it stands on. */
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
