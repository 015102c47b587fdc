import { execFile } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { RedisConnection } from '../../src/platform/redis/redis-connection.js';
import { RedisNotices } from '../../src/platform/redis/redis-notices.js';
import { LocalAccountCache } from '../../src/sessions/state/local-account-cache.js';
import { newAddress, signUp } from '../support/app/accounts.js';
import { startApp, type TestApp, type TestRequest, type Variables } from '../support/app/test-app.js';
import { parseStructuredList } from '../support/http/structured-list.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { type RedisServer, startRedis } from '../support/redis/redis-server.js';
import { eventually } from '../support/time/eventually.js';

/** All instances share these secrets. */
const SECRETS = {
  JWT_SECRET_KEY: 'kP0y5nN8s2vZt4bQe7wXr1uLm6jHc3gF9aDiOoUyTz',
  PASSWORD_PEPPER: 'Qw3rTz8uIo5pAs1dFg7hJk2lYx9cVb4nM6qEeRrTtZz',
};

const client = (name: number) => ({
  url: '/rate-limits',
  headers: { 'x-forwarded-for': `198.51.100.${name}` },
});

describe.skipIf(inject('redis').kind !== 'own')('two instances that share Redis', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let database: FreshDatabase;
  let apps: TestApp[] = [];

  beforeEach(async () => {
    [redis, database] = await Promise.all([startRedis(), freshDatabase()]);
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await Promise.all([redis.stop(), database.drop()]);
  });

  async function start(variables: Variables): Promise<[TestApp, TestApp]> {
    const options = {
      database,
      variables: { ...SECRETS, REDIS_URL: redis.url, TRUSTED_PROXIES: '127.0.0.1', ...variables },
    };
    const pair: [TestApp, TestApp] = [await startApp(options), await startApp(options)];
    apps = pair;
    return pair;
  }

  /** Sends a number of requests at once, alternating between the instances; returns how many were not refused. */
  async function admitted(requests: number, request: TestRequest): Promise<number> {
    const sent = Array.from({ length: requests }, (_, index) => apps[index % 2]!.call(request));
    return (await Promise.all(sent)).filter(({ statusCode }) => statusCode !== 429).length;
  }

  const becomes = (state: 'up' | 'down', timeoutMs: number) =>
    eventually(
      () => {
        for (const { app } of apps) expect(app.get(RedisConnection).state).toBe(state);
      },
      { timeoutMs },
    );

  const redisCli = async (...command: string[]) =>
    (await promisify(execFile)('redis-cli', ['-p', String(redis.port), ...command])).stdout;

  it('admit exactly five of a thousand concurrent logins, and a hundred calls within 2 %', async () => {
    await start({ RATE_LIMIT_LOGIN: '5/60', RATE_LIMIT_DEFAULT: '100/60' });
    for (let run = 1; run <= 3; run++) {
      const headers = { 'x-forwarded-for': `192.0.2.${run}` };
      const request = { url: '/rate-limits', headers };
      let calls = await admitted(1000, request);
      // A lease that ended before it was spent, because the machine was busy, is given back within a moment.
      await eventually(async () => {
        if (calls < 100) calls += await admitted(20, request);
        expect(calls).toBeGreaterThanOrEqual(100);
      });
      calls += await admitted(50, request);
      expect(calls).toBeLessThanOrEqual(102);
      const body = { email: newAddress(), password: 'wrong' };
      expect(await admitted(90, { url: '/auth/login', body, headers })).toBe(5);
    }
  });

  it.each([
    { policy: 'LOGIN', request: () => ({ url: '/auth/login', body: { email: 'ada@example.org' } }) },
    { policy: 'REGISTER', request: () => ({ url: '/auth/register', body: {} }) },
    {
      policy: 'REFRESH',
      request: (refreshToken: string) => ({ url: '/auth/refresh', body: { refreshToken } }),
    },
    // A bounded window may exceed its limit by 2 %, which is none of ten.
    { policy: 'DEFAULT', request: () => ({ url: '/rate-limits' }) },
  ])('enforce the limit for bursts around the edge of a window: $policy', async ({ policy, request }) => {
    const [most, windowMs] = [10, 2000];
    const [app] = await start({ [`RATE_LIMIT_${policy}`]: '10/2' });
    const { refreshToken } = await signUp(app);
    const admittedCalls: { readonly sentAt: number; readonly answeredAt: number }[] = [];
    const burst = async (size: number, from: number) => {
      await eventually(() => expect(performance.now()).toBeGreaterThanOrEqual(from), { intervalMs: 5 });
      const before = admittedCalls.length;
      const calls = Array.from({ length: size }, async (_, index) => {
        const sentAt = performance.now();
        const { statusCode } = await apps[index % 2]!.call(request(refreshToken));
        if (statusCode !== 429) admittedCalls.push({ sentAt, answeredAt: performance.now() });
      });
      await Promise.all(calls);
      return admittedCalls.length - before;
    };
    // The first call opens the window of an implementation that counts in fixed windows.
    const startedAt = performance.now();
    expect(await burst(1, startedAt)).toBe(1);
    await burst(40, startedAt + 1900);
    await burst(40, startedAt + 2050);
    expect(await burst(40, performance.now() + windowMs)).toBeGreaterThanOrEqual(most);
    // A call is decided at some time between these two, however long the machine takes for it.
    for (const { sentAt: from } of admittedCalls) {
      const within = admittedCalls.filter(
        ({ sentAt, answeredAt }) => sentAt >= from && answeredAt < from + windowMs,
      );
      expect(within.length).toBeLessThanOrEqual(most);
    }
  });

  it.each([
    { session: 'known', scripts: 1 },
    { session: 'unknown', scripts: 2 },
  ])(
    'access Redis once for a signed-in request with $session session, with all scripts in one write: $scripts',
    async ({ session, scripts }) => {
      // Windows this small are exact, so that each request is counted by Redis.
      const [app] = await start({ RATE_LIMIT_DEFAULT: '99/60', RATE_LIMIT_ADDRESS: '99/60' });
      const { accessToken, user } = await signUp(app);
      const me = () => app.call({ url: '/users/me', token: accessToken });
      await eventually(() => expect(app.app.get(RedisNotices).isCurrent).toBe(true));
      for (let warm = 0; warm < 3; warm++) expect((await me()).statusCode).toBe(200);
      const requests = 80;
      const startedAt = performance.now();
      await redisCli('config', 'resetstat');
      for (let request = 0; request < requests; request++) {
        if (session === 'unknown') app.app.get(LocalAccountCache, { strict: false }).drop(user.id);
        await me();
      }
      const stats = await redisCli('info', 'stats');
      const commands = await redisCli('info', 'commandstats');
      // Each of both instances checks its connection for commands and that for notices.
      const heartbeats = 2 * Math.ceil((performance.now() - startedAt) / 250 + 2);
      const reads = Number(/total_reads_processed:(\d+)/.exec(stats)![1]);
      expect(reads).toBeLessThanOrEqual(requests + 2 * heartbeats);
      // The heartbeat runs a script, too, because it must need the same permissions as requests.
      const run = Number(/cmdstat_evalsha:calls=(\d+)/.exec(commands)![1]);
      expect(run).toBeGreaterThanOrEqual(scripts * requests);
      expect(run).toBeLessThanOrEqual(scripts * requests + heartbeats);
    },
  );

  it('access Redis for few requests of a known session that is far from its limits', async () => {
    const [app] = await start({ RATE_LIMIT_DEFAULT: '1000/60', RATE_LIMIT_ADDRESS: '5000/60' });
    const { accessToken } = await signUp(app);
    await eventually(() => expect(app.app.get(RedisNotices).isCurrent).toBe(true));
    const requests = 200;
    const startedAt = performance.now();
    await redisCli('config', 'resetstat');
    for (let request = 0; request < requests; request++) {
      expect((await app.call({ url: '/users/me', token: accessToken })).statusCode).toBe(200);
    }
    const commands = await redisCli('info', 'commandstats');
    const heartbeats = 2 * Math.ceil((performance.now() - startedAt) / 250 + 2);
    expect(Number(/cmdstat_evalsha:calls=(\d+)/.exec(commands)![1])).toBeLessThanOrEqual(
      requests / 4 + heartbeats,
    );
  });

  it('report the same remaining requests whether they are counted by leases or not', async () => {
    const [app, other] = await start({ RATE_LIMIT_DEFAULT: '200/60', RATE_LIMIT_ADDRESS: '5000/60' });
    const fields = [];
    for (let request = 0; request < 30; request++)
      fields.push((await app.call(client(7))).headers['ratelimit']);
    const remaining = fields.map((field) => parseStructuredList(field)[0]!.parameters['r']);
    expect(remaining).toEqual(Array.from({ length: 30 }, (_, used) => 199 - used));
    // What the first instance has not spent is back soon.
    let counted = 30;
    await eventually(async () => {
      counted++;
      const { headers } = await other.call(client(7));
      expect(headers['ratelimit']).toMatch(`"default";r=${200 - counted};`);
    });
  });

  it('respond in time without any 5xx while Redis is killed under load, and share limits again afterwards', async () => {
    const [one, other] = await start({ RATE_LIMIT_DEFAULT: '5/60' });
    const statuses = new Set<number>();
    let slowestMs = 0;
    const stopping = new AbortController();
    const load = Array.from({ length: 8 }, async (_, index) => {
      while (!stopping.signal.aborted) {
        const askedAt = performance.now();
        statuses.add((await apps[index % 2]!.call(client(index))).statusCode);
        slowestMs = Math.max(slowestMs, performance.now() - askedAt);
        // An injected request can complete within one event-loop turn, unlike one from a socket.
        await nextTurn();
      }
    });
    await redis.kill();
    await becomes('down', 1000);
    for (const app of [one, other]) {
      const answers = await Promise.all(Array.from({ length: 30 }, () => app.call(client(99))));
      expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(5);
    }
    await redis.restart();
    await becomes('up', 5000);
    // On a slow machine the load has not reached its limits yet.
    await eventually(async () => expect([...statuses]).toContain(429));
    stopping.abort();
    await Promise.all(load);
    expect(statuses).toEqual(new Set([200, 429]));
    expect(slowestMs).toBeLessThan(1000);
    expect(await admitted(100, client(100))).toBe(5);
    const keys = (await redisCli('keys', '*')).trim().split('\n');
    // PTTL returns -1 for a key that never expires, and -2 for one that has expired meanwhile.
    for (const key of keys) expect(Number(await redisCli('pttl', key))).not.toBe(-1);
  });
});
