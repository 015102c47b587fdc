import type { QueryResultRow } from 'pg';
import { SessionClient, type SessionClientConfig } from './session-client.js';
import { POOLED_DEFAULTS } from './session-settings.js';

/** Number of attempts to detect that a pooler gives one connection to two clients. */
const ROUNDS = 6;

/**
 * Returns whether the address leads to a pooler that shares connections between its clients (transaction pooling),
 * where session state lasts no longer than a transaction.
 */
export async function sharesSessions(config: SessionClientConfig): Promise<boolean> {
  const [one, other] = [new SessionClient(config), new SessionClient(config)];
  try {
    await one.connect();
    if (!one.isPooled) return false;
    await other.connect();
    const seen = new Set([await backendOf(one)]);
    for (let round = 0; round < ROUNDS; round++) {
      // The other client's transaction takes the first client's connection, or the first client then gets another
      // connection.
      await other.query('START TRANSACTION');
      if (seen.has(await backendOf(other))) return true;
      if (seen.add(await backendOf(one)).size > 1) return true;
      await other.query('COMMIT');
    }
    return false;
  } finally {
    await Promise.all([one, other].map((client) => client.end().catch(() => undefined)));
  }
}

/**
 * Returns the settings whose defaults would change the meaning of a statement on shared connections, each as a sentence
 * that says how to correct it.
 */
export async function unfitDefaults(client: SessionClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string; value: string; role: string }>(
    'SELECT name, reset_val AS value, quote_ident(current_user) AS role FROM pg_settings WHERE name = ANY ($1)',
    [Object.keys(POOLED_DEFAULTS)],
  );
  return rows
    .filter(({ name, value }) => !POOLED_DEFAULTS[name]!.test(value))
    .map(
      ({ name, value, role }) =>
        `a pooler shares connections between clients there, and by default ${name} is ${value}; ` +
        `correct it with ALTER ROLE ${role} SET ${name}`,
    );
}

async function backendOf(client: SessionClient): Promise<number> {
  const { rows } = await client.query<QueryResultRow & { pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid;
}
