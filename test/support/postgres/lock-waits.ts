import type { Client } from 'pg';

/**
 * Returns how many locks of the client's database are waited for. Specs that run at the same time have other databases of
 * the same server.
 */
export async function lockWaits(client: Client): Promise<number> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_locks WHERE NOT granted AND database =
       (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rowCount!;
}
