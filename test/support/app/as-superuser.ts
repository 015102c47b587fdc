import { Client, type QueryResultRow } from 'pg';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** At most one idle connection per database, because a new one takes 10 ms of processor time. */
const idle = new Map<string, Client>();

/** Runs one statement as a superuser, to inspect or damage data to which the service's role has no access. */
export async function asSuperuser<T extends QueryResultRow>(
  { superuserUrl }: Pick<FreshDatabase, 'superuserUrl'>,
  statement: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const client = takeIdle(superuserUrl) ?? (await connect(superuserUrl));
  try {
    const { rows } = await client.query<T>(statement, [...parameters]);
    if (idle.has(superuserUrl)) await client.end();
    else idle.set(superuserUrl, client);
    return rows;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

function takeIdle(url: string): Client | undefined {
  const client = idle.get(url);
  idle.delete(url);
  return client;
}

/** A connection that the server ends, for example because its database is dropped, is no longer idle. */
async function connect(url: string): Promise<Client> {
  const client = new Client(url);
  const forget = () => {
    if (idle.get(url) === client) idle.delete(url);
  };
  client.on('error', forget).on('end', forget);
  await client.connect();
  return client;
}
