import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { EMPTIED_TABLES } from '../../../src/ephemeral/time/traces-of-tests.repository.js';
import { freshDatabase } from '../../support/postgres/fresh-database.js';

/** What `POST /test/reset` leaves: the trail, the secrets of the installation, and how far readers of feeds have come. */
const KEPT = [
  'api_key_changes',
  'audit_calls',
  'audit_events',
  'audit_position_base',
  'audit_seals',
  'erasure_sweep',
  'erasures',
  'installation',
  'migrations',
  'monitoring_detection',
  'naming_keys',
  'revocation_numbers',
  'revocations',
  'secret_announcements',
  'secrets_in_use',
  'signing_keys',
];

describe('POST /test/reset', () => {
  it('empties every table of the schema but those that are known to stay', async () => {
    const database = await freshDatabase();
    const client = new Client(database.ownerUrl);
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
    );
    await client.end();
    await database.drop();
    const tables = rows.map(({ name }) => name).toSorted();
    expect([...EMPTIED_TABLES, ...KEPT].toSorted()).toEqual(tables);
  });
});
