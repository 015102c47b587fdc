import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { changeBriefly, TableInUse } from '../../../src/platform/database/brief-lock.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/platform/embedded-postgres/embedded-postgres.js';

const MINUTES = 120_000;
const SLOW = 'autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1';

let dataDir: string;
let server: EmbeddedPostgres;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'portcullis vacuum '));
  server = await startEmbeddedPostgres({
    dataDir,
    logger: { log: () => {}, warn: () => {} },
    // The server of the other specs has no autovacuum.
    settings: { autovacuum_naptime: '1s' },
  });
}, MINUTES);
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true });
});

/** A table that an autovacuum reads for minutes, and the owner and the superuser of its database. */
async function vacuumed(create: string): Promise<{ owner: DataSource; superuser: Client }> {
  const owner = await new DataSource(
    dataSourceOptions(
      { DATABASE_URL: server.ownerUrl, DATABASE_POOL_SIZE: 2, DATABASE_SSL: 'off' },
      'migrations',
    ),
  ).initialize();
  const superuser = new Client(server.superuserUrl);
  await superuser.connect();
  onTestFinished(async () => {
    await superuser.query('DROP TABLE IF EXISTS changed');
    await Promise.all([owner.destroy(), superuser.end()]);
  });
  await owner.query(create);
  await owner.query('INSERT INTO changed SELECT generate_series(1, 200000)');
  await owner.query('DELETE FROM changed WHERE n % 2 = 0');
  const vacuums = async () => (await superuser.query('SELECT FROM pg_stat_progress_vacuum')).rows;
  await expect.poll(vacuums, { timeout: MINUTES / 2, interval: 100 }).toHaveLength(1);
  return { owner, superuser };
}

const TABLE = `CREATE TABLE changed (n int) WITH (${SLOW})`;

/** PostgreSQL cancels it only for somebody who has waited for `deadlock_timeout`. */
it.each([
  ['a table', TABLE],
  [
    'a partition',
    `CREATE TABLE changed (n int) PARTITION BY RANGE (n);
     CREATE TABLE changed_1 PARTITION OF changed FOR VALUES FROM (0) TO (1000000) WITH (${SLOW})`,
  ],
])(
  'a migration does not wait for the end of the autovacuum of %s',
  { timeout: MINUTES },
  async (_, create) => {
    const { owner } = await vacuumed(create);
    const runner = owner.createQueryRunner();
    await changeBriefly(runner, 'changed', 'ALTER TABLE changed ADD COLUMN later int', 6);
    await runner.release();
    expect(await owner.query('SELECT later FROM changed LIMIT 1')).toEqual([{ later: null }]);
  },
);

it(
  'a migration makes nobody wait for long where deadlock_timeout is ten seconds',
  { timeout: MINUTES },
  async () => {
    const { owner, superuser } = await vacuumed(TABLE);
    const {
      rows: [role],
    } = await superuser.query<{ name: string }>(
      `SELECT quote_ident(tableowner) AS name FROM pg_tables WHERE tablename = 'changed'`,
    );
    await superuser.query(`ALTER ROLE ${role!.name} SET deadlock_timeout = '10s'`);
    onTestFinished(async () => {
      await superuser.query(`ALTER ROLE ${role!.name} RESET deadlock_timeout`);
    });
    await owner.destroy();
    await owner.initialize();
    const runner = owner.createQueryRunner();
    const query = vi.spyOn(runner, 'query');
    const change = changeBriefly(runner, 'changed', 'ALTER TABLE changed ADD COLUMN later int', 6);
    await expect(change).rejects.toThrow(TableInUse);
    await runner.release();
    const timeouts = query.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes('lock_timeout ='));
    expect(timeouts).toEqual(Array.from({ length: 6 }, () => 'SET LOCAL lock_timeout = 200'));
  },
);
