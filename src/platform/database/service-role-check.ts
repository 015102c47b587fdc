import { ConfigurationFault } from '../config/configuration-fault.js';
import { type DatabaseSettings, dataSourceOptions, SERVICE_SESSION } from './data-source-options.js';
import { sharesSessions, unfitDefaults } from './pooler.js';
import { SessionClient, type SessionClientConfig } from './session-client.js';

const CONNECT_MS = 5000;
/** The first version that supports everything the statements use. */
const OLDEST_VERSION = 140_000;

interface Surroundings {
  readonly version: number;
  readonly encoding: string;
  readonly replication: string;
  readonly finds: boolean;
}

/**
 * Connects like the service and checks everything that its own statements cannot set. Throws {@link ConfigurationFault}
 * with one line for each mismatch, and the driver's error if it cannot connect.
 */
export async function checkServiceRole(settings: DatabaseSettings): Promise<void> {
  const { url, ssl } = dataSourceOptions(settings, 'service');
  const config: SessionClientConfig = {
    connectionString: url,
    ssl: ssl as boolean,
    application_name: 'portcullis start',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
    session: SERVICE_SESSION,
  };
  const client = new SessionClient(config);
  await client.connect();
  try {
    const faults = await surroundingFaults(client);
    if (client.isPooled && (await sharesSessions(config))) faults.push(...(await unfitDefaults(client)));
    if (faults.length > 0) throw new ConfigurationFault(faults.map((fault) => `DATABASE_URL: ${fault}`));
  } finally {
    await client.end();
  }
}

async function surroundingFaults(client: SessionClient): Promise<string[]> {
  const { rows } = await client.query<Surroundings>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
            current_setting('session_replication_role') AS replication, to_regclass('installation') IS NOT NULL AS finds`,
  );
  const { version, encoding, replication, finds } = rows[0]!;
  const faults: string[] = [];
  if (version < OLDEST_VERSION)
    faults.push(`PostgreSQL ${Math.trunc(version / 10_000)} is too old; version 14 or newer is needed`);
  if (encoding !== 'UTF8') faults.push(`the encoding of the database is ${encoding}; it must be UTF8`);
  if (replication !== 'origin')
    faults.push(`session_replication_role is ${replication}, which switches triggers off; it must be origin`);
  if (!finds) faults.push('search_path of the role does not lead to the tables of the service');
  return faults;
}
