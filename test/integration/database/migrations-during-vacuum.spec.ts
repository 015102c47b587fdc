import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { changeBriefly } from '../../../src/platform/database/brief-lock.js';
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

/** PostgreSQL cancels it only for somebody who has waited for `deadlock_timeout`. */
it.each([
  ['a table', `CREATE TABLE changed (n int) WITH (${SLOW})`],
  [
    'a partition',
    `CREATE TABLE changed (n int) PARTITION BY RANGE (n);
     CREATE TABLE changed_1 PARTITION OF changed FOR VALUES FROM (0) TO (1000000) WITH (${SLOW})`,
  ],
])(
  'a migration does not wait for the end of the autovacuum of %s',
  { timeout: MINUTES },
  async (_, create) => {
    const owner = await new DataSource(
      dataSourceOptions(
        { DATABASE_URL: server.ownerUrl, DATABASE_POOL_SIZE: 2, DATABASE_SSL: 'off' },
        'migrations',
      ),
    ).initialize();
    const superuser = new Client(server.superuserUrl);
    await superuser.connect();
    onTestFinished(async () => {
      await owner.query('DROP TABLE IF EXISTS changed');
      await Promise.all([owner.destroy(), superuser.end()]);
    });
    await owner.query(create);
    await owner.query('INSERT INTO changed SELECT generate_series(1, 200000)');
    await owner.query('DELETE FROM changed WHERE n % 2 = 0');
    const vacuumed = async () =>
      (await superuser.query<{ pid: number }>('SELECT pid FROM pg_stat_progress_vacuum')).rows;
    await expect.poll(vacuumed, { timeout: MINUTES / 2, interval: 100 }).toHaveLength(1);

    const runner = owner.createQueryRunner();
    await changeBriefly(runner, 'changed', 'ALTER TABLE changed ADD COLUMN later int', 6);
    await runner.release();
    expect(await owner.query('SELECT later FROM changed LIMIT 1')).toEqual([{ later: null }]);
  },
);
