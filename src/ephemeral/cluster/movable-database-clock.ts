import { Client } from 'pg';

/** The functions of the schema that compare with the present, so that a stolen service role cannot drop young months. */
const FUNCTIONS = ['audit_make_month', 'audit_drop_month'];

/**
 * Lets the functions of a throwaway database go by the clock of its service, which is stored in a table of its own. In every
 * other database they go by PostgreSQL's clock, and nothing that the service says moves it.
 */
export async function letFunctionsFollowClock(ownerUrl: string, serviceUrl: string): Promise<void> {
  const client = new Client(ownerUrl);
  await client.connect();
  try {
    const service = client.escapeIdentifier(new URL(serviceUrl).username);
    await client.query('CREATE TABLE throwaway_clock (ahead interval NOT NULL)');
    await client.query(`INSERT INTO throwaway_clock VALUES ('0')`);
    await client.query(`GRANT SELECT, UPDATE ON throwaway_clock TO ${service}`);
    for (const name of FUNCTIONS) {
      const { rows } = await client.query<{ definition: string }>(
        'SELECT pg_get_functiondef($1::regproc) AS definition',
        [name],
      );
      await client.query(following(rows[0]!.definition));
    }
  } finally {
    await client.end();
  }
}

function following(definition: string): string {
  if (!definition.includes('now()')) throw new Error(`This function reads no clock: ${definition}`);
  return definition.replaceAll('now()', '(now() + (SELECT ahead FROM throwaway_clock))');
}
