import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AuditService } from '../../../src/audit/audit.service.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { PASSWORD, signUp } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from '../../support/servers/pgbouncer.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';

const FAILURE = {
  type: 'authn_login_fail',
  outcome: 'failure',
  origin: internalOrigin('a test'),
  details: { account: '00' },
} as const;

/** How many statements a connection keeps after as many events have been recorded over it. */
const keptAfter = ({ app }: TestApp, events: number) =>
  app.get(TransactionRunner).run(async (tx) => {
    const audit = app.get(AuditService, { strict: false });
    for (let event = 0; event < events; event += 1) await audit.record(tx, FAILURE);
    const [row] = await tx.query<[{ kept: number }]>(
      `SELECT count(*)::int AS kept FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO audit_events%'`,
    );
    return row.kept;
  });

describe('a frequent statement', () => {
  it('is kept by a connection, and is the same one every time', async () => {
    const app = await startApp();
    onTestFinished(() => app.close());
    expect(await keptAfter(app, 7)).toBe(1);
  });

  it('is prepared again, after one failure at most, if a migration has changed the type of its columns', async () => {
    const app = await startApp({ variables: { DATABASE_POOL_SIZE: '2' } });
    onTestFinished(() => app.close());
    const person = await signUp(app);
    const logIn = async () =>
      (
        await app.call({
          method: 'POST',
          url: '/auth/login',
          body: { email: person.user.email, password: PASSWORD },
        })
      ).statusCode;
    for (let login = 0; login < 8; login += 1) expect(await logIn()).toBe(200);
    await asSuperuser(app.database, 'ALTER TABLE users ALTER COLUMN display_name TYPE varchar(300)');
    const statuses = [];
    for (let login = 0; login < 8; login += 1) statuses.push(await logIn());
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses.slice(-4)).toEqual([200, 200, 200, 200]);
  });
});

describe.runIf(hasPgBouncer).each(['session', 'transaction'] as const)(
  'a frequent statement behind a pooler by %s',
  (mode) => {
    let database: FreshDatabase;
    let pooler: PgBouncer;
    let app: TestApp;
    beforeAll(async () => {
      database = await freshDatabase();
      pooler = await startPgBouncer(database, mode);
      app = await startApp({ database, variables: { DATABASE_URL: pooler.url, DATABASE_POOL_SIZE: '2' } });
    });
    afterAll(async () => {
      await app.close();
      await pooler.stop();
      await database.drop();
    });

    it('is not kept, because another connection may run the next statement', async () => {
      const kept = await Promise.all([keptAfter(app, 7), keptAfter(app, 7)]);
      expect(kept).toEqual([0, 0]);
    });
  },
);
