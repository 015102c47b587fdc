import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { expect, inject, it, onTestFinished } from 'vitest';
import { AuditService } from '../../src/audit/audit.service.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { startRedis } from '../support/redis/redis-server.js';
import { eventually } from '../support/time/eventually.js';

async function expectReadiness(app: TestApp, status: number, said: object): Promise<void> {
  await eventually(
    async () => {
      const answer = await app.call({ url: '/health/ready' });
      expect([answer.statusCode, answer.json()]).toMatchObject([status, said]);
    },
    { timeoutMs: 10_000 },
  );
}

it('an instance with an exhausted pool stays ready', async () => {
  const app = await startApp({ variables: { DATABASE_POOL_SIZE: '2' } });
  onTestFinished(() => app.close());
  const dataSource = app.app.get(DataSource);
  const borrowed: QueryRunner[] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
  await Promise.all(borrowed.map((runner) => runner.connect()));
  const answer = await app.call({ url: '/health/ready' });
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { status: 'ready', postgresql: 'up' }]);
  await Promise.all(borrowed.map((runner) => runner.release()));
});

it('an instance whose spool is full is not ready, until PostgreSQL takes the records', async () => {
  const app = await startApp({ variables: { AUDIT_SPOOL_MAX_MB: '1' } });
  onTestFinished(() => app.close());
  await expectReadiness(app, 200, { status: 'ready', disk: 'up' });
  const locker = new Client(app.database.superuserUrl);
  await locker.connect();
  await locker.query('BEGIN; LOCK TABLE audit_calls IN ACCESS EXCLUSIVE MODE');
  const audit = app.app.get(AuditService);
  // Of many callers, because one alone gets no more than a tenth of the spool.
  for (let n = 0; n < 5000; n += 1) {
    const ip = `198.51.${Math.floor(n / 250)}.${n % 250}`;
    const origin = { requestId: `call-${n}`, ip, network: ip, userAgent: 'x'.repeat(200) };
    audit.recordCall({
      origin,
      method: 'GET',
      route: '/users/me',
      status: 200,
      durationMs: 1,
      userId: null,
      sessionId: null,
      reason: null,
    });
  }
  await expectReadiness(app, 503, { status: 'unavailable', postgresql: 'up', disk: 'down' });
  const refused = await app.call({ url: '/rate-limits' });
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'dependency_unavailable']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  await locker.end();
  await expectReadiness(app, 200, { status: 'ready', disk: 'up' });
  expect((await app.call({ url: '/rate-limits' })).statusCode).toBe(200);
});

it('an instance whose role takes no writes is not ready, until it does', async () => {
  const app = await startApp();
  onTestFinished(() => app.close());
  const { name, url } = app.database;
  const role = `ALTER ROLE "${new URL(url).username}" IN DATABASE ${name}`;
  const reconnect = () =>
    asSuperuser(
      app.database,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
      [name],
    );
  await asSuperuser(app.database, `${role} SET default_transaction_read_only = on`);
  await reconnect();
  await expectReadiness(app, 503, { status: 'unavailable', postgresql: 'down' });
  await asSuperuser(app.database, `${role} RESET default_transaction_read_only`);
  await expectReadiness(app, 200, { status: 'ready', postgresql: 'up' });
});

it.skipIf(inject('redis').kind !== 'own')(
  'an instance whose Redis user may run no scripts says that it is degraded, until it may',
  async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const rights = (...rules: string[]) =>
      promisify(execFile)('redis-cli', ['-p', String(redis.port), 'acl', 'setuser', 'limited', ...rules]);
    await rights('on', '>secret', '~portcullis:*', '&*', '+@all', '-@scripting');
    const url = `redis://limited:secret@127.0.0.1:${redis.port}`;
    const app = await startApp({ variables: { REDIS_URL: url, RATE_LIMIT_DEFAULT: '100/60' } });
    onTestFinished(() => app.close());
    await expectReadiness(app, 200, { status: 'degraded', redis: 'down' });
    // The limits of the process take over.
    const answer = await app.call({ url: '/rate-limits' });
    expect([answer.statusCode, answer.headers['ratelimit']]).toEqual([200, expect.stringContaining('r=99')]);
    await rights('+@scripting');
    await expectReadiness(app, 200, { status: 'ready', redis: 'up' });
  },
);
