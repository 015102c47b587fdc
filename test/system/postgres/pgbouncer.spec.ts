import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadEnvironment } from '../../../src/platform/config/load-environment.js';
import { prepareDatabase } from '../../../src/app/prepare-database.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { Leadership } from '../../../src/platform/leader/leadership.js';
import { signUp } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp } from '../../support/app/test-app.js';
import { hasPgBouncer, type PgBouncer, startPgBouncer } from '../../support/servers/pgbouncer.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/time/eventually.js';

const SECRETS = {
  JWT_SECRET_KEY: 'one master secret for all of these instances',
  PASSWORD_PEPPER: 'one pepper for all of these instances, too',
};

describe.runIf(hasPgBouncer).each(['session', 'transaction'] as const)(
  'behind PgBouncer with its defaults, by %s',
  (mode) => {
    let database: FreshDatabase;
    let pooler: PgBouncer;
    beforeEach(async () => {
      database = await freshDatabase({ migrated: false });
      pooler = await startPgBouncer(database, mode);
    });
    afterEach(async () => {
      await pooler.stop();
      await database.drop();
    });

    async function prepare(): Promise<void> {
      const folder = await mkdtemp(join(tmpdir(), 'portcullis-pooled-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const variables = { NODE_ENV: 'test', DATA_DIR: folder, ...SECRETS };
      const addresses = { DATABASE_URL: pooler.url, DATABASE_MIGRATION_URL: pooler.ownerUrl };
      await prepareDatabase(loadEnvironment({ ...variables, ...addresses }, folder));
    }

    const start = () =>
      startApp({
        database,
        variables: { ...SECRETS, DATABASE_URL: pooler.url, DATABASE_POOL_SIZE: '3' },
      });

    it('several instances start and serve, one of them leads, and nothing stays locked', async () => {
      await Promise.all([prepare(), prepare(), prepare()]);
      const apps = await Promise.all([start(), start()]);
      const [first, second] = apps;
      await signUp(first);
      expect((await second.call({ url: '/health/ready' })).json()).toMatchObject({ postgresql: 'up' });
      const leaders = () => apps.filter(({ app }) => app.get(Leadership, { strict: false }).isLeader);
      await eventually(() => expect(leaders()).toHaveLength(1), { timeoutMs: 5000 });
      const [leader] = leaders();
      await leader!.close();
      const other = apps.find((app) => app !== leader)!;
      await eventually(() => expect(other.app.get(Leadership, { strict: false }).isLeader).toBe(true), {
        timeoutMs: 10_000,
      });
      await other.close();
      const session = `SELECT FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      await eventually(async () => expect(await asSuperuser(database, session)).toEqual([]));
    });

    it('a transaction is READ COMMITTED, in UTC and without the timeouts of others, on every connection', async () => {
      await prepare();
      const app = await start();
      onTestFinished(() => app.close());
      const statements = await Promise.all(
        Array.from({ length: 6 }, () =>
          app.app.get(TransactionRunner).run((tx) =>
            tx.query(`SELECT current_setting('transaction_isolation') AS isolation, current_setting('TimeZone') AS zone,
            current_setting('statement_timeout') AS timeout, current_setting('row_security') AS "rowSecurity"`),
          ),
        ),
      );
      const expected = [{ isolation: 'read committed', zone: 'UTC', timeout: '900ms', rowSecurity: 'off' }];
      expect(statements).toEqual(Array.from({ length: 6 }, () => expected));
    });

    it('a refresh that was answered 503 is not carried out later, also on a new connection of the pooler', async () => {
      await prepare();
      const app = await start();
      const holder = new Client(database.superuserUrl);
      await holder.connect();
      try {
        const person = await signUp(app);
        const refresh = () =>
          app.call({ method: 'POST', url: '/auth/refresh', body: { refreshToken: person.refreshToken } });
        // It has none of the settings that the instance made when it connected to the pooler.
        if (mode === 'transaction') await pooler.reconnect();
        await holder.query('BEGIN');
        await holder.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [person.session.id]);
        expect((await refresh()).statusCode).toBe(503);
        await holder.query('COMMIT');
        const waiting = `SELECT query FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND (query LIKE 'WITH locked%' OR query LIKE 'SELECT session.%')
          AND pid <> pg_backend_pid()`;
        await eventually(async () => expect(await asSuperuser(database, waiting)).toEqual([]));
        const generation = 'SELECT generation::int FROM sessions WHERE id = $1';
        expect(await asSuperuser(database, generation, [person.session.id])).toEqual([{ generation: 0 }]);
        expect((await refresh()).statusCode).toBe(200);
      } finally {
        await holder.end();
        await app.close();
      }
    });

    it('a database default that changes the meaning of statements is overridden, or rejected by name', async () => {
      await asSuperuser(
        database,
        `ALTER DATABASE ${database.name} SET default_transaction_isolation = 'repeatable read'`,
      );
      const outcome = await prepare().catch((error: Error) => error.message);
      const refusal = expect.stringMatching(
        /^DATABASE_URL: .*default_transaction_isolation is repeatable read/,
      ) as string;
      expect(outcome).toEqual({ session: undefined, transaction: refusal }[mode]);
    });
  },
);
