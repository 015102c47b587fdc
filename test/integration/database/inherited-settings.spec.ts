import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { createPerson } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/time/eventually.js';

/** Defaults that an administrator may have set for the database, each of which changes the meaning of statements. */
const HOSTILE = {
  default_transaction_isolation: 'repeatable read',
  default_transaction_deferrable: 'on',
  statement_timeout: '50ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '200ms',
  TimeZone: 'Asia/Kolkata',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'iso_8601',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
  extra_float_digits: '-15',
  array_nulls: 'off',
  transform_null_equals: 'on',
  synchronous_commit: 'off',
  row_security: 'on',
};

async function startOn(database: FreshDatabase): Promise<TestApp> {
  const app = await startApp({ database });
  onTestFinished(() => app.close());
  return app;
}

async function fresh(): Promise<FreshDatabase> {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  return database;
}

describe('Settings inherited from a database', () => {
  let database: FreshDatabase;
  let app: TestApp;
  beforeAll(async () => {
    database = await freshDatabase();
    for (const [name, value] of Object.entries(HOSTILE))
      await asSuperuser(database, `ALTER DATABASE ${database.name} SET ${name} = '${value}'`);
    app = await startApp({ database });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('do not affect the service: eight concurrent refreshes of one token have the usual outcome', async () => {
    const { refreshToken } = await createPerson(app);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => app.call({ url: '/auth/refresh', body: { refreshToken } })),
    );
    expect(answers.filter(({ statusCode }) => statusCode >= 500)).toEqual([]);
    expect(answers.map(({ statusCode }) => statusCode)).toContain(200);
  });

  it.each(Object.entries(HOSTILE))('%s is set on each connection', async (name, value) => {
    const [row] = await app.app
      .get(DataSource)
      .query<[{ setting: string }]>('SELECT setting FROM pg_settings WHERE name = $1', [name]);
    expect(row.setting).not.toBe(value.replace(/ms$/, ''));
  });
});

describe('A read-only server', () => {
  const isReady = async (app: TestApp) => (await app.call({ url: '/health/ready' })).statusCode === 200;

  it('is reported by readiness, until seconds after it accepts writes again', async () => {
    const database = await fresh();
    const app = await startOn(database);
    const role = new URL(database.url).username;
    const readOnly = `IN DATABASE ${database.name} SET default_transaction_read_only`;
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}' AND datname = current_database()`;
    await asSuperuser(database, `ALTER ROLE ${role} ${readOnly} = on`);
    await asSuperuser(database, cut);
    await eventually(async () => expect(await isReady(app)).toBe(false), { timeoutMs: 5000 });
    await asSuperuser(database, `ALTER ROLE ${role} ${readOnly} = off`);
    await eventually(async () => expect(await isReady(app)).toBe(true), { timeoutMs: 5000 });
    await createPerson(app);
  });

  it('loses the connection on which it returned 25006', async () => {
    const app = await startOn(await fresh());
    const dataSource = app.app.get(DataSource);
    const pid = async () =>
      (await dataSource.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid'))[0].pid;
    const seen = new Set<number>();
    const write = app.app.get(TransactionRunner).run(async (tx) => {
      const [row] = await tx.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      seen.add(row.pid);
      await tx.query('SET TRANSACTION READ ONLY');
      await tx.query('DELETE FROM address_blocks');
    });
    await expect(write).rejects.toMatchObject({ row: { status: 503 } });
    const later = await Promise.all(Array.from({ length: 10 }, pid));
    expect(later.filter((one) => seen.has(one))).toEqual([]);
  });
});
