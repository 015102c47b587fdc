import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { logIn, newAddress, PASSWORD, register, signUp, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { createKey } from '../support/app/api-keys.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { startApp, type TestApp, type TestRequest, type Variables } from '../support/app/test-app.js';
import { startMailServer } from '../support/servers/mail-server.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { hasPromtool, promtool } from '../support/monitoring/promtool.js';
import { startTcpProxy } from '../support/network/tcp-proxy.js';
import { connect } from '../support/redis/connect.js';
import { startRedis } from '../support/redis/redis-server.js';
import { eventually } from '../support/time/eventually.js';
import { hangs, startReceiver, type WebhookReceiver } from '../support/servers/webhook-receiver.js';

/** Two instances on one database share their secrets. */
const SECRETS = {
  JWT_SECRET_KEY: 'what the instances of this spec derive their keys from',
  PASSWORD_PEPPER: 'what the instances of this spec hash their passwords with',
};

const TEN_SECONDS = { timeoutMs: 10_000, intervalMs: 50 };

/** Sends a number of wrong passwords for an account from one address. */
async function guess({ call }: TestApp, email: string, address = '192.0.2.1', times = 10): Promise<void> {
  for (let i = 0; i < times; i++) {
    await call({
      url: '/auth/login',
      body: { email, password: `wrong password number ${i}` },
      headers: { 'x-forwarded-for': address },
    });
  }
}

/** Sends a number of requests from one address. */
async function repeat(
  { call }: TestApp,
  times: number,
  request: () => TestRequest,
  address = '192.0.2.1',
): Promise<void> {
  const headers = { 'x-forwarded-for': address };
  for (let i = 0; i < times; i++) await call({ ...request(), headers });
}

/** A signed-in account with a role. */
async function personnel(app: TestApp, role: 'admin' | 'auditor'): Promise<Tokens> {
  const email = await createAccount(app);
  await app.app
    .get(AccountAdministration, { strict: false })
    .setRoles(email, ['user', role], internalOrigin('test'));
  return openSession(app, email);
}

/** The events of some types, by default of all alerts. */
async function eventsOf(app: TestApp, types: readonly string[], alertId: unknown = null) {
  return asSuperuser<{ type: string; user_id: string; details: Readonly<Record<string, unknown>> }>(
    app.database,
    `SELECT type, user_id, details FROM audit_events
     WHERE type = ANY($1) AND ($2::text IS NULL OR details ->> 'alertId' = $2) ORDER BY id`,
    [types, alertId],
  );
}

const figuresOf = async ({ call }: TestApp) => (await call({ url: '/metrics' })).body;

/** The number of requests so far, by the labels of their series. */
async function requestsOf(app: TestApp): Promise<ReadonlyMap<string, number>> {
  const series = (await figuresOf(app)).matchAll(/^portcullis_http_requests_total\{(.*)\} (\d+)$/gm);
  return new Map(Array.from(series, ([, labels, count]) => [labels!, Number(count)]));
}

describe('Monitoring', () => {
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver.stop();
  });

  /** Starts a service that reports to the receiver. */
  function startReporting(variables: Variables = {}, database?: FreshDatabase): Promise<TestApp> {
    receiver.received.length = 0;
    return startApp({
      variables: {
        ...SECRETS,
        TRUSTED_PROXIES: '127.0.0.0/8',
        ALERT_WEBHOOK_URL: receiver.url,
        ...variables,
      },
      ...(database && { database }),
    });
  }

  /** Starts one for a test that needs its own variables or damages what others use. */
  async function service(variables: Variables = {}, database?: FreshDatabase): Promise<TestApp> {
    const app = await startReporting(variables, database);
    onTestFinished(() => app.close());
    return app;
  }

  /** The alerts of a rule that the receiver has got, or those of them that name an address or a user at the end of a text. */
  const heard = (rule: string, about = '') =>
    receiver.received.filter(({ body, text }) => body['rule'] === rule && text.includes(`${about}"`));
  const hear = (rule: string, about?: string) =>
    eventually(() => {
      const [hook] = heard(rule, about);
      expect(hook).toBeDefined();
      return hook!.body;
    }, TEN_SECONDS);

  describe('on one service', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startReporting();
    });
    afterAll(() => app.close());

    describe('/alerts', () => {
      it('shows alerts to administrators and auditors, who acknowledge and resolve them', async () => {
        const auditor = await personnel(app, 'auditor');
        const admin = await personnel(app, 'admin');
        const { user } = await createPerson(app);
        await guess(app, user.email, '192.0.2.11');
        const { id } = await hear('brute_force', '192.0.2.11');

        const list = await app.call({
          url: '/alerts?rule=brute_force&state=open&severity=warning',
          token: auditor.accessToken,
        });
        expect(list.statusCode).toBe(200);
        expect(list.json()).toMatchObject({
          items: [{ id, rule: 'brute_force', state: 'open', subject: `user:${user.id} address:192.0.2.11` }],
          nextCursor: null,
        });
        const person = await app.call({ url: `/admin/users/${user.id}`, token: admin.accessToken });
        expect(person.json()).toMatchObject({ email: user.email });

        const act = (step: string, token: string) =>
          app.call({ method: 'POST', url: `/alerts/${String(id)}/${step}`, token });
        const acknowledged = await act('acknowledge', auditor.accessToken);
        expect([acknowledged.statusCode, acknowledged.json()]).toMatchObject([
          200,
          { state: 'acknowledged', acknowledgedBy: auditor.user.id },
        ]);
        expect((await act('acknowledge', admin.accessToken)).json()).toMatchObject({
          acknowledgedBy: auditor.user.id,
        });
        const resolved = await act('resolve', admin.accessToken);
        expect([resolved.statusCode, resolved.json()]).toMatchObject([
          200,
          { state: 'resolved', resolvedBy: admin.user.id },
        ]);

        const events = await eventsOf(app, ['alert_acknowledged', 'alert_resolved'], id);
        expect(events).toEqual([
          {
            type: 'alert_acknowledged',
            user_id: auditor.user.id,
            details: { alertId: id, rule: 'brute_force' },
          },
          { type: 'alert_resolved', user_id: admin.user.id, details: { alertId: id, rule: 'brute_force' } },
        ]);
      });

      it('is paged', async () => {
        const people = [
          await personnel(app, 'auditor'),
          await personnel(app, 'admin'),
          await personnel(app, 'admin'),
        ];
        const told = await Promise.all(
          people.map(({ user }) => hear('privilege_granted', `user:${user.id}`)),
        );
        const token = people[0]!.accessToken;
        const list = async (query: string) =>
          (await app.call({ url: `/alerts?${query}`, token })).json<{
            items: { id: string }[];
            nextCursor: string | null;
          }>();
        const ids: string[] = [];
        let cursor: string | null = null;
        do {
          const page = await list(`limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
          expect(page.items.length).toBeLessThanOrEqual(2);
          ids.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(ids).toEqual((await list('limit=200')).items.map(({ id }) => id));
        expect(ids).toEqual(expect.arrayContaining(told.map(({ id }) => id)));
        expect(new Set(ids).size).toBe(ids.length);
      });

      it('refuses anonymous callers, ordinary users, unknown alerts and invalid input', async () => {
        const { accessToken: plain } = await createPerson(app);
        const { accessToken: token } = await personnel(app, 'auditor');
        const statusAndCode = async (request: Parameters<TestApp['call']>[0]) => {
          const answer = await app.call(request);
          return [answer.statusCode, answer.json<{ code: string }>().code];
        };
        const unknown = '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d';
        expect(await statusAndCode({ url: '/alerts' })).toEqual([401, 'unauthenticated']);
        expect(await statusAndCode({ url: '/alerts', token: plain })).toEqual([403, 'forbidden']);
        expect(
          await statusAndCode({ method: 'POST', url: `/alerts/${unknown}/resolve`, token: plain }),
        ).toEqual([403, 'forbidden']);
        for (const id of [unknown, 'nonsense', "'; DROP TABLE monitoring_alert; --"]) {
          const url = `/alerts/${encodeURIComponent(id)}/acknowledge`;
          expect(await statusAndCode({ method: 'POST', url, token })).toEqual([404, 'not_found']);
        }
        for (const query of [
          'state=closed',
          'severity=high',
          'rule=Brute',
          'rule=zz',
          'limit=0',
          'limit=201',
          'cursor=x',
          'page=2',
        ]) {
          expect(await statusAndCode({ url: `/alerts?${query}`, token })).toEqual([400, 'validation_failed']);
        }
      });
    });

    it('raises one alert if two instances serve the attacker', async () => {
      const other = await service({}, app.database);
      const { user } = await createPerson(app);
      const [email, address] = [user.email, '192.0.2.12'];
      for (let i = 0; i < 7; i++)
        await Promise.all([guess(app, email, address, 1), guess(other, email, address, 1)]);
      await hear('brute_force', address);
      await guess(other, email, address, 3);
      const { accessToken: token } = await personnel(app, 'admin');
      await eventually(async () => {
        const { items } = (await other.call({ url: '/alerts?rule=brute_force', token })).json<{
          items: { subject: string; count: number }[];
        }>();
        const its = items.filter(({ subject }) => subject === `user:${user.id} address:${address}`);
        expect(its.map(({ count }) => count)).toEqual([8]);
      }, TEN_SECONDS);
      expect(heard('brute_force', address)).toHaveLength(1);
    });

    it('takes requests for mails over their limit for no failed logins', async () => {
      const limited = await service(
        { RATE_LIMIT_MAIL: '3/3600', RATE_LIMIT_MAIL_ADDRESS: '10/3600' },
        app.database,
      );
      const forgetful = newAddress();
      await repeat(
        limited,
        14,
        () => ({ url: '/auth/password/forgot', body: { email: forgetful } }),
        '192.0.2.14',
      );
      await repeat(
        limited,
        30,
        () => ({ url: '/auth/email/verification', body: { email: newAddress() } }),
        '192.0.2.15',
      );
      await guess(limited, newAddress(), '192.0.2.16');
      await hear('brute_force', '192.0.2.16');
      expect(heard('brute_force', '192.0.2.14')).toEqual([]);
      expect(heard('credential_stuffing')).toEqual([]);
    });

    it('applies no response unless one is configured', async () => {
      await guess(app, await createAccount(app), '192.0.2.13');
      await hear('brute_force', '192.0.2.13');
      const answer = await app.call({ url: '/rate-limits', headers: { 'x-forwarded-for': '192.0.2.13' } });
      expect(answer.statusCode).toBe(200);
    });

    describe('/metrics', () => {
      it('counts requests by the kind of their caller', async () => {
        const before = await requestsOf(app);
        const admin = await personnel(app, 'admin');
        const { key, id } = await createKey(app, admin);
        const send = (caller: string | undefined, url: string, body?: object) =>
          app.call({ url, ...(caller !== undefined && { token: caller }), ...(body && { body }) });
        const token = admin.accessToken;
        const job = { name: 'Job', scopes: ['audit:read'] };
        const account = (await send(token, '/admin/service-accounts', job)).json<{ id: string }>();
        const url = `/admin/service-accounts/${account.id}/api-keys`;
        const made = (await send(token, url, job)).json<{ key: string }>();
        for (let n = 0; n < 3; n += 1) await send(key, '/audit/seals');
        for (let n = 0; n < 2; n += 1) await send(made.key, '/audit/seals');
        await send(made.key, '/alerts');
        await app.call({ method: 'DELETE', url: `/users/me/api-keys/${id}`, token });
        await send(key, '/audit/seals');
        await send(undefined, '/audit/seals');
        await eventually(async () => {
          const requests = await requestsOf(app);
          for (const [caller, status, count] of [
            ['api_key', '2xx', 3],
            ['api_key', '4xx', 1],
            ['service_account', '2xx', 2],
            ['service_account', '4xx', 1],
            ['session', '2xx', 4],
            ['none', '4xx', 1],
          ] as const) {
            const labels = `caller="${caller}",status="${status}"`;
            expect([labels, (requests.get(labels) ?? 0) - (before.get(labels) ?? 0)]).toEqual([
              labels,
              count,
            ]);
          }
        });
      });

      it('peer fault 61: has no more series after many users, addresses, paths and clients', async () => {
        const visit = async (i: number) => {
          const headers = { 'x-forwarded-for': `198.51.100.${i}`, 'user-agent': `agent ${i}` };
          await app.call({ url: `/nowhere/${i}?token=${i}`, headers });
          await app.call({
            url: '/auth/login',
            body: { email: `user-${i}@example.com`, password: `password ${i}` },
            headers,
          });
          await app.call({ method: 'POST', url: `/alerts/${i}/resolve`, headers });
          await app.call({
            url: '/oauth/token',
            body: `grant_type=client_credentials&scope=made:up${i}&client_id=stranger-${i}&client_secret=x`,
            headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
          });
        };
        const series = async () =>
          (await figuresOf(app)).split('\n').filter((line) => line.startsWith('portcullis')).length;
        await visit(0);
        await eventually(async () => expect(await figuresOf(app)).toContain('reason="unknown_account"} 1'));
        const before = await series();
        for (let i = 1; i <= 50; i++) await visit(i);
        await eventually(async () => expect(await figuresOf(app)).toContain('reason="unknown_account"} 51'));
        expect(await series()).toBe(before);
        expect(await figuresOf(app)).not.toMatch(/example\.com|198\.51\.100|nowhere|agent|made:up|stranger/);
      });

      it('is available only on this machine without a token', async () => {
        expect((await app.call({ url: '/metrics' })).headers['content-type']).toMatch(
          /^text\/plain; version=0\.0\.4/,
        );
        for (const name of ['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-real-ip', 'via']) {
          const answer = await app.call({ url: '/metrics', headers: { [name]: '127.0.0.1' } });
          expect([answer.statusCode, answer.json()]).toMatchObject([404, { code: 'not_found' }]);
        }
        const { statusCode } = await app.app.inject({ url: '/metrics', remoteAddress: '192.0.2.1' });
        expect(statusCode).toBe(404);
      });

      it.runIf(hasPromtool)('is accepted by promtool', async () => {
        await signUp(app);
        await guess(app, await createAccount(app));
        expect(promtool(['check', 'metrics'], await figuresOf(app))).toEqual({ status: 0, output: '' });
      });
    });

    it('does not delay requests if a receiver hangs', async () => {
      receiver.behaviour = hangs;
      onTestFinished(() => void (receiver.behaviour = (_, response) => void response.writeHead(204).end()));
      const { accessToken: token } = await createPerson(app);
      await guess(app, await createAccount(app), '192.0.2.14');
      await hear('brute_force', '192.0.2.14');
      const tookMs: number[] = [];
      for (let i = 0; i < 50; i++) {
        const sentMs = performance.now();
        expect((await app.call({ url: '/users/me', token })).statusCode).toBe(200);
        tookMs.push(performance.now() - sentMs);
      }
      expect(heard('brute_force', '192.0.2.14')).toHaveLength(1);
      // One that waited for the receiver would take as long as the delivery, which gives up after five seconds.
      expect(Math.max(...tookMs)).toBeLessThan(2500);
      expect(tookMs.toSorted((a, b) => a - b)[25]).toBeLessThan(200);
    });
  });

  it('raises one alert for the new devices of an account, which mails the operator once, and the owner each time', async () => {
    const mailServer = await startMailServer();
    onTestFinished(() => mailServer.stop());
    const app = await service({ SMTP_URL: mailServer.url, ALERT_EMAIL: 'operator@example.org' });
    const email = await register(app);
    await logIn(app, email);
    const mailsTo = (to: string) =>
      mailServer.received.filter((mail) => mail.to?.[0]?.address === to).map(({ subject }) => subject);
    const notices = () =>
      mailsTo(email).filter((one) => one === 'A new device signed in to your Portcullis account');
    for (const times of [1, 2, 3, 4, 5]) {
      await logIn(app, email);
      await eventually(() => expect(notices()).toHaveLength(times), TEN_SECONDS);
    }
    await eventually(() => expect(mailsTo('operator@example.org')).toHaveLength(1), TEN_SECONDS);
    expect(mailsTo('operator@example.org')).toEqual(['[Portcullis] info: login_from_new_device']);
    expect(heard('login_from_new_device')).toHaveLength(1);
  });

  it('reports that Redis is unavailable, and continues to serve', async () => {
    const redis = await startRedis();
    const app = await service({ REDIS_URL: redis.url, DETECT_DEPENDENCY_DOWN_SECONDS: '2' });
    await redis.kill();
    const body = await hear('dependency_down');
    expect(body).toMatchObject({ severity: 'warning', subject: 'dependency:redis', state: 'open' });
    await signUp(app);
    expect((await app.call({ url: '/metrics' })).body).toContain(
      'portcullis_dependency_up{dependency="redis"} 0',
    );
    await redis.stop();
  });

  it('reports an outage of PostgreSQL from memory, regardless of keys in Redis, and stores it afterwards', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const client = await connect([redis.url]);
    // The key by which an earlier version recognised that another instance had announced the alert.
    const key = 'portcullis:outage:dependency_down dependency:postgresql';
    await client.run((redis) => redis.set(key, 'a stranger', 'EX', 600));
    client.onApplicationShutdown();
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const proxy = await startTcpProxy(Number(new URL(database.url).port));
    onTestFinished(() => proxy.stop());
    const throughProxy = new URL(database.url);
    throughProxy.host = `127.0.0.1:${proxy.port}`;
    const app = await service(
      { DATABASE_URL: throughProxy.href, REDIS_URL: redis.url, DETECT_DEPENDENCY_DOWN_SECONDS: '3' },
      database,
    );
    const { accessToken: token } = await personnel(app, 'auditor');
    await hear('privilege_granted');
    proxy.resetOnAnswer();
    const { id, deliveryId, ...body } = await hear('dependency_down');
    expect(body).toMatchObject({ severity: 'critical', subject: 'dependency:postgresql', count: 1 });
    proxy.heal();
    await eventually(async () => {
      const answer = await app.call({ url: '/alerts?rule=dependency_down', token });
      expect(answer.json()).toMatchObject({ items: [{ id, state: 'open', count: 1 }] });
    }, TEN_SECONDS);
    expect(heard('dependency_down').map(({ body }) => body['deliveryId'])).toEqual([deliveryId]);
  });

  it('reports that PostgreSQL is read-only, as after a failover', async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    await service({ DETECT_DEPENDENCY_DOWN_SECONDS: '3' }, database);
    const client = new Client(database.superuserUrl);
    await client.connect();
    await client.query(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await client.end();
    expect(await hear('dependency_down')).toMatchObject({
      severity: 'critical',
      subject: 'dependency:postgresql',
    });
  });

  it('reports that an open transaction delays sealing and detection', async () => {
    const app = await service({ DETECT_AUDIT_LAG_SECONDS: '2' });
    const figure = async (name: string) =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec((await app.call({ url: '/metrics' })).body)?.[1]);
    await register(app);
    await eventually(
      async () => expect(await figure('portcullis_audit_chain_position')).toBeGreaterThan(0),
      TEN_SECONDS,
    );
    const forgotten = new Client(app.database.superuserUrl);
    await forgotten.connect();
    onTestFinished(() => forgotten.end());
    await forgotten.query('BEGIN');
    await forgotten.query('SELECT pg_current_xact_id()');
    await register(app);
    await eventually(
      () => {
        const subjects = heard('audit_lag').map(({ body }) => String(body['subject']));
        expect(new Set(subjects)).toEqual(new Set(['audit:detection', 'audit:sealing']));
      },
      { timeoutMs: 25_000, intervalMs: 100 },
    );
    expect(await figure('portcullis_audit_unsealed_seconds')).toBeGreaterThan(2);
    expect(await figure('portcullis_detection_lag_seconds')).toBeGreaterThan(2);
    await forgotten.query('ROLLBACK');
    await eventually(async () => {
      expect(await figure('portcullis_audit_unsealed_seconds')).toBeLessThan(1);
      expect(await figure('portcullis_detection_lag_seconds')).toBeLessThan(1);
    }, TEN_SECONDS);
  });

  it('reports that the trail was changed', async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const first = await startApp({ database, variables: SECRETS });
    await createAccount(first);
    await first.close();
    const superuser = new Client(database.superuserUrl);
    await superuser.connect();
    await superuser.query('SET session_replication_role = replica');
    await superuser.query(`UPDATE audit_events SET outcome = 'failure' WHERE type = 'user_created'`);
    await superuser.end();
    // Each process first verifies the whole trail, and then only new entries.
    const next = await service({}, database);
    expect(await hear('audit_chain_broken')).toMatchObject({ severity: 'critical', state: 'open' });
    expect((await next.call({ url: '/metrics' })).body).toContain(
      'portcullis_alerts_total{rule="audit_chain_broken",severity="critical"} 1',
    );
  });

  describe('responses', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startReporting({
        RESPOND_BLOCK_ADDRESS: 'brute_force,distributed_guessing',
        RESPOND_BLOCK_SECONDS: '600',
        RESPOND_END_SESSIONS: 'login_from_new_device',
        DETECT_DISTRIBUTED_GUESSING: '3/600',
      });
    });
    afterAll(() => app.close());

    it('block the address of an attacker until the block expires or the alert is resolved', async () => {
      const { accessToken: token } = await personnel(app, 'admin');
      await guess(app, await createAccount(app), '192.0.2.66');
      const { id } = await hear('brute_force', '192.0.2.66');
      const from = (address: string) =>
        app.call({ url: '/rate-limits', headers: { 'x-forwarded-for': address } });
      await eventually(async () => expect((await from('192.0.2.66')).statusCode).toBe(429), TEN_SECONDS);
      expect((await from('192.0.2.67')).statusCode).toBe(200);
      expect(await eventsOf(app, ['address_blocked'], id)).toEqual([
        {
          type: 'address_blocked',
          user_id: null,
          details: { address: '192.0.2.66', seconds: 600, rule: 'brute_force', alertId: id },
        },
      ]);
      await app.call({ method: 'POST', url: `/alerts/${String(id)}/resolve`, token });
      await eventually(async () => expect((await from('192.0.2.66')).statusCode).toBe(200), TEN_SECONDS);
      expect(await eventsOf(app, ['address_unblocked'], id)).toMatchObject([
        { details: { address: '192.0.2.66', alertId: id } },
      ]);
    });

    it('are undone with their own alert only, regardless of its current evidence', async () => {
      const { accessToken: token } = await personnel(app, 'admin');
      const email = await createAccount(app);
      const addresses = ['198.51.100.1', '198.51.100.2', '198.51.100.3'];
      for (const address of addresses) await guess(app, email, address, 2);
      const { id } = await hear('distributed_guessing', addresses[0]);
      await guess(app, email, addresses[0], 10);
      await hear('brute_force', addresses[0]);
      const blocks = async () => {
        const rows = await asSuperuser<{ network: string }>(
          app.database,
          'SELECT network FROM address_blocks WHERE network = ANY($1) ORDER BY 1',
          [addresses],
        );
        return rows.map(({ network }) => network);
      };
      await eventually(async () => expect(await blocks()).toEqual([addresses[0], ...addresses]), TEN_SECONDS);
      // The visible evidence of an alert can be less than what its responses have done.
      await asSuperuser(
        app.database,
        `UPDATE monitoring_alert SET evidence = '{"summary": ""}' WHERE id = $1`,
        [id],
      );
      await app.call({ method: 'POST', url: `/alerts/${String(id)}/resolve`, token });
      expect(await blocks()).toEqual([addresses[0]]);
      expect(await eventsOf(app, ['address_unblocked'], id)).toHaveLength(3);
    });

    it('block the addresses that join an attack later, but none that enters one wrong password', async () => {
      const email = await createAccount(app);
      const [later, honest, ...first] = Array.from({ length: 5 }, (_, i) => `203.0.113.${i + 1}`);
      for (const address of first) await guess(app, email, address, 2);
      const { id } = await hear('distributed_guessing', first[0]);
      await guess(app, email, honest, 1);
      await guess(app, email, later, 2);
      await eventually(async () => {
        const blocked = await eventsOf(app, ['address_blocked'], id);
        expect(blocked.map(({ details }) => String(details['address'])).toSorted()).toEqual([
          later,
          ...first,
        ]);
      }, TEN_SECONDS);
      const from = async (address: string) =>
        (await app.call({ url: '/rate-limits', headers: { 'x-forwarded-for': address } })).statusCode;
      await eventually(async () => expect(await from(later!)).toBe(429));
      expect(await from(honest!)).toBe(200);
    });

    it('end every session of an account, including those of a second new device', async () => {
      const email = await createAccount(app);
      await logIn(app, email);
      for (const _ of ['first', 'second']) {
        const { accessToken: token } = await logIn(app, email);
        await eventually(async () => {
          expect((await app.call({ url: '/users/me', token })).json()).toMatchObject({
            code: 'session_ended',
          });
        }, TEN_SECONDS);
      }
    });
  });

  describe('/metrics of a service of its own', () => {
    it('counts logins, refreshes, refusals and requests with fixed sets of labels', async () => {
      const app = await service({ RATE_LIMIT_REGISTER: '3/60' });
      const { refreshToken } = await signUp(app);
      await app.call({ url: '/auth/refresh', body: { refreshToken } });
      await guess(app, newAddress(), '192.0.2.9', 2);
      for (let i = 0; i < 4; i++)
        await app.call({ url: '/auth/register', body: { email: newAddress(), password: PASSWORD } });
      await eventually(async () => {
        const text = await figuresOf(app);
        for (const line of [
          'portcullis_logins_total{outcome="success",reason="none"} 1',
          'portcullis_logins_total{outcome="failure",reason="unknown_account"} 2',
          'portcullis_refreshes_total{outcome="success"} 1',
          'portcullis_rate_limited_total{policy="register"} 2',
          'portcullis_http_request_duration_seconds_count{method="POST",route="/auth/login",status="401"} 2',
          'portcullis_password_hash_seconds_count',
          'portcullis_password_queue_length 0',
          'portcullis_audit_lag_seconds',
          'portcullis_audit_spool_bytes',
          'portcullis_audit_chain_position',
          'portcullis_audit_unsealed_seconds',
          'portcullis_detection_lag_seconds',
          'portcullis_redis_breaker_open 0',
          'portcullis_alerts_total{rule="brute_force",severity="warning"} 0',
          'portcullis_dependency_up{dependency="postgresql"} 1',
          'process_cpu_seconds_total',
          'nodejs_eventloop_lag_p99_seconds',
        ]) {
          expect(text).toContain(line);
        }
      });
    });

    it('counts refused logins, and no other refused request that names an account', async () => {
      const app = await service({
        RATE_LIMIT_ADDRESS: '2/60',
        RATE_LIMIT_MAIL: '3/3600',
        RATE_LIMIT_LOGIN: 'off',
      });
      const email = newAddress();
      await repeat(app, 14, () => ({ url: '/auth/password/forgot', body: { email } }));
      await guess(app, email, '192.0.2.9', 5);
      const line = 'portcullis_logins_total{outcome="refused",reason="rate_limited"} ';
      await eventually(async () => expect(await figuresOf(app)).toContain(`${line}3\n`));
    });

    it('requires the token if one is configured', async () => {
      const app = await service({ METRICS_TOKEN: 'a token for the scraper' });
      const codeFor = async (authorization?: string) => {
        const answer = await app.call({
          url: '/metrics',
          headers: authorization === undefined ? {} : { authorization },
        });
        return answer.statusCode === 200 ? 200 : answer.json<{ code: string }>().code;
      };
      expect(await codeFor('Bearer a token for the scraper')).toBe(200);
      expect(await codeFor('bearer a token for the scraper')).toBe(200);
      expect(await codeFor()).toBe('unauthenticated');
      for (const wrong of [
        'Bearer a token for the scrapes',
        'bearer  a token for the scraper',
        'Bearer ',
        'Basic YTpi',
      ]) {
        expect(await codeFor(wrong)).toBe('invalid_token');
      }
      expect(
        (
          await app.app.inject({
            url: '/metrics',
            remoteAddress: '192.0.2.1',
            headers: { authorization: 'Bearer a token for the scraper' },
          })
        ).statusCode,
      ).toBe(200);
    });
  });
});
