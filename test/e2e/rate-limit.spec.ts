import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { AddressBlocks } from '../../src/rate-limit/blocks/address-blocks.js';
import { logIn, newAddress, PASSWORD, register, signUp } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { createPerson } from '../support/app/people.js';
import { jarOf } from '../support/app/set-cookie.js';
import { startApp, type TestApp, type TestRequest, type Variables } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { parseStructuredList } from '../support/http/structured-list.js';
import { eventually } from '../support/time/eventually.js';

type Answer = Awaited<ReturnType<TestApp['call']>>;

const clock = new ManualClock();
let app: TestApp;

/**
 * Starts the application of the enclosing tests; the address of inject() is trusted as a proxy, so that clients have
 * addresses.
 */
function limitedBy(variables: Variables): void {
  beforeAll(async () => {
    app = await startApp({ clock, variables: { TRUSTED_PROXIES: '127.0.0.1', ...variables } });
  });
  afterAll(() => app.close());
}

const from = (address: string) => ({ 'x-forwarded-for': address });

let clients = 0;

/** The header fields of a client whose address no other test uses. */
const newClient = () => from(`198.51.100.${(clients += 1)}`);

const tightest = ({ headers }: Answer) => parseStructuredList(headers['ratelimit'])[0]!;

const violated = (answer: Answer) => answer.json<{ 'violated-policies'?: string[] }>()['violated-policies'];

async function statuses(requests: readonly TestRequest[]): Promise<number[]> {
  const found = [];
  for (const request of requests) found.push((await app.call(request)).statusCode);
  return found;
}

/** A request for the policies, from the client that a proxy forwards. */
const policies = (forwardedFor: string) => ({ url: '/rate-limits', headers: from(forwardedFor) });

const me = (token: string, address: string) => ({ url: '/users/me', token, headers: from(address) });

const newcomer = async () => {
  const email = newAddress();
  await app.call({ url: '/auth/register', body: { email, password: PASSWORD }, headers: newClient() });
  return email;
};

const login = (email: string, headers: Record<string, string>, password = 'wrong') =>
  app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' }, headers });

const sessionOf = async (email: string) =>
  (await login(email, newClient(), PASSWORD)).json<{ refreshToken: string }>().refreshToken;
const refresh = (refreshToken: string) =>
  app.call({ url: '/auth/refresh', body: { refreshToken }, headers: newClient() });

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('the rate limits of every route', () => {
  limitedBy({ RATE_LIMIT_DEFAULT: '3/60', RATE_LIMIT_ADDRESS: '40/60' });

  it.each<{ what: string; status: number; request: TestRequest }>([
    { what: 'a success', status: 200, request: { url: '/rate-limits' } },
    { what: 'a missing token', status: 401, request: { url: '/users/me' } },
    { what: 'a forged token', status: 401, request: { url: '/users/me', token: 'e30.e30.e30' } },
    { what: 'an unknown address', status: 404, request: { url: '/nowhere' } },
    { what: 'a wrong method', status: 405, request: { method: 'PATCH', url: '/users/me' } },
    { what: 'a body that is not JSON', status: 400, request: { url: '/auth/login', body: '{' } },
    { what: 'a body that is not acceptable', status: 400, request: { url: '/auth/login', body: {} } },
  ])('are reported with $what', async ({ request, status }) => {
    const answer = await app.call({ ...request, headers: newClient() });
    expect(answer.statusCode).toBe(status);
    expect(parseStructuredList(answer.headers['ratelimit-policy'])).toContainEqual({
      value: 'address',
      parameters: { q: 40, w: 60 },
    });
    expect(tightest(answer).parameters).toMatchObject({ r: expect.any(Number), t: 60 });
  });

  it.each(['/health/live', '/health/ready'])('do not apply to %s', async (url) => {
    const answers = await Promise.all(times(50, { url }).map((request) => app.call(request)));
    for (const answer of answers) {
      expect(answer.statusCode).not.toBe(429);
      expect(answer.headers).not.toHaveProperty('ratelimit');
    }
  });

  it('refuse with the problem of the draft, and with an accurate Retry-After', async () => {
    const request = { url: '/rate-limits', headers: newClient() };
    await app.call(request);
    clock.advance(20_500);
    expect(await statuses(times(2, request))).toEqual([200, 200]);
    const refusal = await app.call(request);
    expect(refusal.headers).toMatchObject({
      'content-type': expect.stringContaining('application/problem+json'),
      'cache-control': expect.stringContaining('no-store'),
      'retry-after': '40',
    });
    expect(tightest(refusal)).toEqual({ value: 'default', parameters: { r: 0, t: 40 } });
    expect(refusal.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      status: 429,
      code: 'rate_limited',
      'violated-policies': ['default'],
    });
    clock.advance(39_499);
    expect(await statuses([request])).toEqual([429]);
    clock.advance(501);
    expect(await statuses([request])).toEqual([200]);
  });

  it('count a refused request nowhere', async () => {
    const headers = newClient();
    const before = tightest(await app.call({ url: '/nowhere', headers })).parameters['r']!;
    expect(await statuses(times(10, { url: '/rate-limits', headers }))).toEqual([
      ...times(3, 200),
      ...times(7, 429),
    ]);
    expect(tightest(await app.call({ url: '/nowhere', headers })).parameters['r']).toBe(before - 4);
  });

  it('record each refusal with its policies', async () => {
    const headers = newClient();
    await statuses(times(5, { url: '/rate-limits', headers }));
    await eventually(async () => {
      const events = await app.app
        .get(DataSource)
        .query<object[]>(
          `SELECT outcome, details FROM audit_events WHERE type = 'excess_rate_limit_exceeded' AND address = $1`,
          [headers['x-forwarded-for']],
        );
      const expected = { outcome: 'failure', details: { policies: ['default'], retryAfterSeconds: 60 } };
      expect(events).toMatchObject([expected, expected]);
    });
  });

  it('record whom a refused login is about, so that an erasure of that person finds it', async () => {
    const { user } = await createPerson(app);
    const refusedTo = async (email: string) => {
      const headers = newClient();
      while ((await login(email, headers)).statusCode !== 429);
      const entries = `SELECT user_id AS "userId", reason FROM audit_events WHERE address = $1 UNION ALL
        SELECT user_id, reason FROM audit_calls WHERE address = $1`;
      return eventually(async () => {
        const rows = await asSuperuser<{ userId: string | null; reason: string }>(app.database, entries, [
          headers['x-forwarded-for'],
        ]);
        const refused = rows.filter(({ reason }) => reason === 'rate_limited');
        expect(refused.length).toBeGreaterThanOrEqual(2);
        return new Set(refused.map(({ userId }) => userId));
      });
    };
    expect(await refusedTo(user.email)).toEqual(new Set([user.id]));
    expect(await refusedTo(newAddress())).toEqual(new Set([null]));
  });

  it('are one budget for GET and HEAD', async () => {
    const request = { url: '/rate-limits', headers: newClient() };
    const head = { ...request, method: 'HEAD' as const };
    expect(await statuses([request, head, head, head, request])).toEqual([200, 200, 200, 429, 429]);
  });

  it('are one budget for every spelling that matches a route', async () => {
    const spellings = [
      '/rate-limits',
      '/rate-limits?x=1',
      '/rate-limits#x',
      '/%72ate-limits',
      '/rate%2dlimits',
    ];
    const headers = newClient();
    expect(await statuses(spellings.map((url) => ({ url, headers })))).toEqual([200, 200, 200, 429, 429]);
  });

  it('count every spelling that matches no route against the address', async () => {
    const spellings = [
      '/rate-limits/',
      '//rate-limits',
      '/RATE-LIMITS',
      '/rate-limits;x',
      '/rate-limits%2f',
      '/rate-limits%00',
    ];
    const headers = newClient();
    for (const [index, url] of spellings.entries()) {
      const answer = await app.call({ url, headers });
      expect(answer.statusCode).toBe(404);
      expect(tightest(answer)).toMatchObject({ value: 'address', parameters: { r: 40 - index - 1 } });
    }
    expect(await statuses(times(35, { url: '/nowhere', headers }))).toEqual([...times(34, 404), 429]);
  });

  it.each<{ what: string; status: number; request: TestRequest }>([
    {
      what: 'a content type that cannot be read',
      status: 415,
      request: { method: 'POST', url: '/auth/logout', body: '{}', headers: { 'content-type': 'json' } },
    },
    {
      what: 'a body that is too large',
      status: 413,
      request: { method: 'POST', url: '/auth/logout', body: { refreshToken: 'x'.repeat(70_000) } },
    },
    { what: 'a malformed escape', status: 400, request: { url: '/%zz' } },
  ])('count requests that reach no guard against the address: $what', async ({ status, request }) => {
    const headers = newClient();
    const once = { ...request, headers: { ...request.headers, ...headers } };
    const first = await app.call(once);
    expect([first.statusCode, tightest(first).value]).toEqual([status, 'address']);
    expect(await statuses(times(40, once))).toEqual([...times(39, status), 429]);
  });

  it('are separate for different endpoints', async () => {
    const headers = newClient();
    await statuses(times(4, { url: '/rate-limits', headers }));
    expect(await statuses([{ url: '/.well-known/jwks.json', headers }])).toEqual([200]);
  });

  it('are separate for two users at one address, and shared for a user at two addresses', async () => {
    const [one, other] = [await signUp(app), await signUp(app)];
    expect(await statuses(times(3, me(one.accessToken, '192.0.2.1')))).toEqual([200, 200, 200]);
    expect(await statuses([me(one.accessToken, '192.0.2.2'), me(other.accessToken, '192.0.2.1')])).toEqual([
      429, 200,
    ]);
  });

  it('are not consumed for the owner by a token of an ended session', async () => {
    const email = await newcomer();
    const signIn = async () =>
      (await login(email, newClient(), PASSWORD)).json<{ accessToken: string }>().accessToken;
    const [stolen, own] = [await signIn(), await signIn()];
    await app.call({ method: 'POST', url: '/auth/logout', token: stolen, headers: newClient() });
    const thief = await statuses(times(6, 0).map((_, index) => me(stolen, `203.0.113.${index}`)));
    expect(new Set(thief)).toEqual(new Set([401]));
    expect(await statuses(times(3, me(own, '203.0.113.99')))).toEqual([200, 200, 200]);
  });

  it('apply to IPv6 by /64, and to an IPv4-mapped address as IPv4', async () => {
    await statuses(times(3, policies('2001:db8:1:1::1')));
    expect(await statuses([policies('2001:db8:1:1:ffff::2'), policies('2001:db8:1:2::1')])).toEqual([
      429, 200,
    ]);
    await statuses(times(3, policies('192.0.2.9')));
    expect(await statuses([policies('::ffff:192.0.2.9')])).toEqual([429]);
  });

  it('are not affected by entries that a client adds before its proxy', async () => {
    await statuses(times(3, policies('192.0.2.10')));
    expect(await statuses([policies('203.0.113.5, 192.0.2.10'), policies('unknown, 192.0.2.10')])).toEqual([
      429, 429,
    ]);
  });
});

describe('the rate limits of a service that trusts no proxy', () => {
  limitedBy({ RATE_LIMIT_DEFAULT: '1/60', TRUSTED_PROXIES: '' });

  it('are not affected by header fields that any client can send', async () => {
    expect(await statuses([{ url: '/rate-limits' }])).toEqual([200]);
    const forgeries: Record<string, string>[] = [
      { 'x-forwarded-for': '192.0.2.1' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=192.0.2.1' },
      { 'x-real-ip': '192.0.2.1' },
      { 'x-client-ip': '192.0.2.1' },
      { 'true-client-ip': '192.0.2.1' },
      { 'cf-connecting-ip': '192.0.2.1' },
      { 'x-forwarded-host': 'example.org', 'x-forwarded-proto': 'https' },
    ];
    for (const headers of forgeries)
      expect(await statuses([{ url: '/rate-limits', headers }])).toEqual([429]);
  });
});

describe('the rate limits of authentication', () => {
  limitedBy({
    RATE_LIMIT_LOGIN: '5/60',
    RATE_LIMIT_LOGIN_ADDRESS: '8/60',
    RATE_LIMIT_REGISTER: '2/60',
    RATE_LIMIT_REFRESH: '2/60',
  });

  it('name every policy of the route, and the remaining requests of the tightest', async () => {
    const answer = await login(newAddress(), newClient());
    expect(parseStructuredList(answer.headers['ratelimit-policy'])).toEqual([
      { value: 'login', parameters: { q: 5, w: 60 } },
      { value: 'login-address', parameters: { q: 8, w: 60 } },
    ]);
    expect(tightest(answer)).toEqual({ value: 'login', parameters: { r: 4, t: 60 } });
  });

  it('limit guesses at one account from one address', async () => {
    const [email, headers] = [await newcomer(), newClient()];
    for (let guess = 0; guess < 5; guess++) expect((await login(email, headers)).statusCode).toBe(401);
    expect(violated(await login(email.toUpperCase(), headers))).toEqual(['login']);
    expect((await login(email, newClient())).statusCode).toBe(401);
    expect((await login(await newcomer(), headers)).statusCode).toBe(401);
  });

  it('do not count a request without an account as a guess, nor one without a token as a refresh', async () => {
    const headers = newClient();
    const email = await newcomer();
    const bodies = ['{', '[]', '{}', '{"email":7}', '{"password":"x"}', `{"email":"${'a'.repeat(300)}"}`, ''];
    const requests = bodies.map((body) => ({ url: '/auth/login', body, headers }));
    expect(new Set(await statuses(requests))).toEqual(new Set([400]));
    expect((await login(email, headers, PASSWORD)).statusCode).toBe(200);
    const refreshes = times(7, { url: '/auth/refresh', body: { refreshToken: 'x'.repeat(80) }, headers });
    expect(new Set(await statuses(refreshes))).toEqual(new Set([401]));
  });

  it('limit guesses at many accounts from one address, existing or not', async () => {
    const headers = newClient();
    for (let guess = 0; guess < 8; guess++) expect((await login(newAddress(), headers)).statusCode).toBe(401);
    expect(violated(await login(newAddress(), headers))).toEqual(['login-address']);
  });

  it('limit registrations from one address', async () => {
    const headers = newClient();
    const signUpAgain = () =>
      app.call({ url: '/auth/register', body: { email: newAddress(), password: PASSWORD }, headers });
    expect([await signUpAgain(), await signUpAgain()].map(({ statusCode }) => statusCode)).toEqual([
      201, 201,
    ]);
    expect(violated(await signUpAgain())).toEqual(['register']);
  });

  it('limit the refreshes of one session from any address, and of no other session', async () => {
    const email = await newcomer();
    const first = await sessionOf(email);
    const second = (await refresh(first)).json<{ refreshToken: string }>().refreshToken;
    const third = (await refresh(second)).json<{ refreshToken: string }>().refreshToken;
    expect(violated(await refresh(third))).toEqual(['refresh']);
    expect((await refresh(await sessionOf(email))).statusCode).toBe(200);
  });
});

describe('guessing one account', () => {
  limitedBy({});

  it('causes a wait after ten failures, except on a device that has signed in before', async () => {
    const email = await register(app);
    const { deviceToken } = await logIn(app, email);
    const login = (body: object) =>
      app.call({
        url: '/auth/login',
        body: { email, tokenTransport: 'body', ...body },
        headers: newClient(),
      });
    for (let guess = 0; guess < 10; guess++)
      expect((await login({ password: 'wrong' })).statusCode).toBe(401);
    const stranger = await login({ password: PASSWORD });
    expect(stranger.json()).toMatchObject({
      code: 'rate_limited',
      'violated-policies': ['account-guessing'],
    });
    expect(Number(stranger.headers['retry-after'])).toBeGreaterThan(20);
    expect((await login({ password: PASSWORD, deviceToken })).statusCode).toBe(200);
  });
});

describe('a wait for an account', () => {
  limitedBy({ RATE_LIMIT_LOGIN: '5/3600' });

  it('is not extended by early attempts: the first login after Retry-After is admitted', async () => {
    const email = await register(app);
    const headers = newClient();
    for (let guess = 0; guess < 10; guess++) expect((await login(email, newClient())).statusCode).toBe(401);
    for (let early = 0; early < 8; early++) {
      const refused = await login(email, headers, PASSWORD);
      expect([refused.statusCode, violated(refused)]).toEqual([429, ['account-guessing']]);
      expect(tightest(refused)).toMatchObject({ value: 'account-guessing', parameters: { r: 0 } });
    }
    await app.app
      .get(DataSource)
      .query(`UPDATE login_failures SET blocked_until = blocked_until - interval '1 hour'`);
    expect((await login(email, headers, PASSWORD)).statusCode).toBe(200);
  });
});

describe('the rate limits of requests from a cross-site page', () => {
  limitedBy({ RATE_LIMIT_ADDRESS: '3/60' });

  it('count it against its address, and report this', async () => {
    const request = {
      url: '/auth/login',
      body: {},
      headers: { ...newClient(), origin: 'https://evil.example' },
    };
    const [first] = [await app.call(request)];
    expect([first.statusCode, tightest(first).value]).toEqual([403, 'address']);
    expect(first.headers['ratelimit-policy']).toBe('"address";q=3;w=60');
    expect(await statuses(times(3, request))).toEqual([403, 403, 429]);
  });
});

describe('the account named by a cross-site page', () => {
  limitedBy({ RATE_LIMIT_DEFAULT: '2/60', RATE_LIMIT_LOGIN: '2/60', RATE_LIMIT_REFRESH: '1/60' });

  it('is not charged for requests from the page, and neither is the session of the cookie', async () => {
    const [email, headers] = [await newcomer(), newClient()];
    const browser = await app.call({ url: '/auth/login', body: { email, password: PASSWORD }, headers });
    const cookies = jarOf(browser);
    const foreign = { ...headers, origin: 'https://evil.example' };
    const sent = [
      { url: '/auth/login', body: { email, password: 'wrong' }, headers: foreign },
      { url: '/auth/refresh', body: {}, headers: foreign, cookies },
      { method: 'PUT' as const, url: '/users/me', body: { displayName: 'Eve' }, headers: foreign, cookies },
    ];
    for (const request of sent) expect(new Set(await statuses(times(4, request)))).toEqual(new Set([403]));
    expect((await login(email, headers, PASSWORD)).statusCode).toBe(200);
    const own = { headers: { ...headers, 'sec-fetch-site': 'same-origin' }, cookies };
    expect((await app.call({ url: '/auth/refresh', body: {}, ...own })).statusCode).toBe(200);
    expect((await app.call({ url: '/users/me', ...own })).statusCode).toBe(200);
    const records = await eventually(async () => {
      const rows = await app.app
        .get(DataSource)
        .query(
          `SELECT user_id, count(*)::int AS n FROM audit_events WHERE type = 'malicious_csrf' GROUP BY 1`,
        );
      expect(rows).toEqual([{ user_id: null, n: 12 }]);
      return rows as unknown[];
    });
    expect(records).toHaveLength(1);
  });
});

describe('a blocked address', () => {
  limitedBy({ RATE_LIMIT_DEFAULT: '100/60' });

  it('is refused on all but operational routes until its block ends', async () => {
    const transactions = app.app.get(TransactionRunner);
    const blocks = app.app.get(AddressBlocks, { strict: false });
    const network = '192.0.2.66';
    const alertId = '019a0000-0000-7000-8000-000000000001';
    const ask = (url: string) => app.call({ url, headers: from(network) });
    await transactions.run((tx) =>
      blocks.block([network], { alertId, reason: 'credential_stuffing', seconds: 120 }, tx),
    );
    const refusal = await eventually(async () => {
      const answer = await ask('/rate-limits');
      expect(answer.statusCode).toBe(429);
      return answer;
    });
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(100);
    expect((await ask('/nowhere')).statusCode).toBe(429);
    expect((await ask('/health/live')).statusCode).toBe(200);
    expect(await statuses([{ url: '/rate-limits', headers: from('192.0.2.67') }])).toEqual([200]);
    expect(await blocks.list()).toMatchObject([{ network, reason: 'credential_stuffing' }]);
    await transactions.run((tx) => blocks.lift({ network }, tx));
    await eventually(async () => expect((await ask('/rate-limits')).statusCode).toBe(200));
  });
});

describe('GET /rate-limits', () => {
  limitedBy({
    RATE_LIMIT_DEFAULT: '50/10',
    RATE_LIMIT_LOGIN: '5/60',
    RATE_LIMIT_REFRESH: '30/60',
    DOCS_ENABLED: 'true',
  });

  it('lists the policies in force, as configured', async () => {
    expect((await app.call({ url: '/rate-limits' })).json()).toEqual({
      items: [
        { name: 'default', limit: 50, windowSeconds: 10, exact: false, keys: ['user', 'endpoint'] },
        { name: 'login', limit: 5, windowSeconds: 60, exact: true, keys: ['address', 'account'] },
        { name: 'refresh', limit: 30, windowSeconds: 60, exact: true, keys: ['session'] },
      ],
    });
  });

  it('matches the OpenAPI document for every route', async () => {
    const { paths } = (await app.call({ url: '/openapi.json' })).json();
    expect(paths['/auth/login'].post).toMatchObject({
      'x-rate-limit': [
        { name: 'default', limit: 50, windowSeconds: 10 },
        { name: 'login', limit: 5, windowSeconds: 60 },
      ],
      responses: {
        429: { description: expect.stringContaining('`login`: 5 per 60 s by address and account') },
      },
    });
    expect(paths['/rate-limits'].get.responses).toHaveProperty('429');
    expect(paths['/health/live'].get.responses).not.toHaveProperty('429');
  });
});
