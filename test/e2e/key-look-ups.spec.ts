import { afterAll, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { newKey } from '../../src/machines/keys/key-format.js';
import { KeyLookUpRepository } from '../../src/machines/keys/key-look-up.repository.js';
import { SystemRandomness } from '../../src/platform/crypto/randomness.js';
import { PlatformErrors } from '../../src/platform/errors/platform.errors.js';
import { Problem } from '../../src/platform/errors/problem.js';
import { basic } from '../support/app/oauth.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { type Machine, ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { type RulesFile, writeRules } from '../support/gateway/rules-file.js';
import { ManualClock } from '../support/time/manual-clock.js';

const RULES = { app: { access: 'signed-in', audience: 'app', scopes: ['orders:read'] } };
const NO_SUCH_ACCOUNT = '0197a1b2-0000-7000-8000-000000000001';
const GRANT = 'grant_type=client_credentials';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The trail is written behind the answer; a busy machine takes a little longer. */
const SLOW = { timeout: 10_000 };

const madeUp = () => newKey('user', new SystemRandomness());

describe('look-ups of API keys', () => {
  const clock = new ManualClock(Date.now());
  let rules: RulesFile;
  let app: TestApp;
  let accounts: ServiceAccountsOf;
  let lookUp: MockInstance<KeyLookUpRepository['findByDigest']>;
  let host: string;

  beforeAll(async () => {
    rules = await writeRules(RULES);
    app = await startApp({
      clock,
      variables: {
        GATEWAY_PEERS: '127.0.0.1',
        GATEWAY_RULES_FILE: rules.path,
        TRUSTED_PROXIES: '127.0.0.1',
        RATE_LIMIT_ADDRESS: '20/60',
        RATE_LIMIT_DEFAULT: '10/60',
        RATE_LIMIT_KEY: '3/60',
        RATE_LIMIT_LOGIN_ADDRESS: '5/60',
        RATE_LIMIT_GATE: '100/60',
      },
    });
    lookUp = vi.spyOn(app.app.get(KeyLookUpRepository, { strict: false }), 'findByDigest');
  });
  afterAll(async () => {
    lookUp.mockRestore();
    await app.close();
    await rules.remove();
  });

  let hosts = 0;
  beforeEach(async () => {
    hosts += 1;
    host = `198.51.100.${hosts}`;
    clock.advance(60_000);
    accounts = await ServiceAccountsOf.of(app);
    lookUp.mockReset();
  });

  /** Sends a request from the address of the test. */
  const call = (request: TestRequest, from = host) =>
    app.call({ ...request, headers: { 'x-forwarded-for': from, ...request.headers } });
  const read = (key: string) => call({ url: '/audit/seals', token: key });
  const ask = (key: string, from = host) =>
    call({ url: '/gate/app', token: key, headers: { 'x-forwarded-method': 'GET' } }, from);
  const token = (key: string, id = NO_SUCH_ACCOUNT) =>
    call({ url: '/oauth/token', body: GRANT, headers: { ...FORM, authorization: basic(id, key) } });
  const statuses = async (count: number, send: () => ReturnType<typeof call>) => {
    const found = [];
    for (let sent = 0; sent < count; sent += 1) found.push((await send()).statusCode);
    return found;
  };
  const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
  const refusalsOf = (requestId: unknown) =>
    asSuperuser<{ details: object }>(
      app.database,
      `SELECT details FROM audit_events WHERE type = 'excess_rate_limit_exceeded' AND request_id = $1`,
      [requestId],
    );

  it.each([
    ['a route whose own limit refuses first', () => read(madeUp()), 10],
    ['the token endpoint', () => token(madeUp()), 5],
    ['the gateway', () => ask(madeUp()), 20],
  ])('are no more for made-up keys than the limit of the address: %s', async (_, send, answered) => {
    expect(await statuses(60, send)).toEqual([...times(answered, 401), ...times(60 - answered, 429)]);
    expect(lookUp).toHaveBeenCalledTimes(20);
    const refused = await send();
    expect(refused.headers).toMatchObject({ 'retry-after': '60', ratelimit: '"address";r=0;t=60' });
    clock.advance(60_000);
    expect((await send()).statusCode).toBe(401);
  });

  it('that are refused are recorded once, with the rule of the gateway, in the form of each route', async () => {
    await statuses(20, () => ask(madeUp()));
    const refused = await ask(madeUp());
    expect(refused.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['address'] });
    const details = { policies: ['address'], retryAfterSeconds: 60, rule: 'app' };
    await expect.poll(() => refusalsOf(refused.headers['x-request-id']), SLOW).toEqual([{ details }]);
    const client = await token(madeUp());
    expect(client.statusCode).toBe(429);
    expect(client.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(client.headers['retry-after']).toBe('60');
  });

  it('of a stranger shut out no key in use, and no key of another address', async () => {
    const [used, unused] = [await accounts.create('orders:read'), await accounts.create('orders:read')];
    expect((await ask(used.key)).statusCode).toBe(200);
    await statuses(30, () => read(madeUp()));
    expect((await ask(used.key)).statusCode).toBe(200);
    expect((await token(used.key, used.id)).statusCode).toBe(200);
    expect((await ask(unused.key)).statusCode).toBe(429);
    expect((await ask(unused.key, '203.0.113.2')).statusCode).toBe(200);
    expect((await ask(unused.key)).statusCode).toBe(200);
  });

  it('are not limited for good keys, however many are used for the first time at once', async () => {
    const account = await accounts.create('orders:read');
    const keys: Machine[] = [];
    for (let made = 0; made < 40; made += 1) {
      if (made % 9 === 0) clock.advance(60_000);
      keys.push(await accounts.keyOf(account, ['orders:read']));
    }
    const answers = await Promise.all(keys.map(({ key }) => ask(key)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(times(40, 200));
    expect(lookUp).toHaveBeenCalledTimes(40);
  });

  it('are no more when all made-up keys come at once, except for one that was under way', async () => {
    const answers = await Promise.all(times(60, 0).map(() => read(madeUp())));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([401, 429]));
    expect(lookUp.mock.calls.length).toBeGreaterThanOrEqual(20);
    expect(lookUp.mock.calls.length).toBeLessThanOrEqual(21);
  });

  it('of good keys wait behind those of made-up ones that came before, and are answered', async () => {
    const account = await accounts.create('orders:read');
    const keys: Machine[] = [];
    for (let made = 0; made < 5; made += 1) keys.push(await accounts.keyOf(account, ['orders:read']));
    const strangers = times(15, 0).map(() => ask(madeUp()));
    const answers = await Promise.all([...strangers, ...keys.flatMap(({ key }) => [ask(key), ask(key)])]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([...times(15, 401), ...times(10, 200)]);
    expect(lookUp).toHaveBeenCalledTimes(20);
  });

  it('wait for two of the same address, not for those of another one, and not if the key was in use', async () => {
    const [used, unused] = [await accounts.create('orders:read'), await accounts.create('orders:read')];
    expect((await ask(used.key)).statusCode).toBe(200);
    lookUp.mockClear();
    const held = Promise.withResolvers<null>();
    lookUp.mockReturnValueOnce(held.promise).mockReturnValueOnce(held.promise);
    const strangers = times(2, 0).map(() => ask(madeUp()));
    await expect.poll(() => lookUp.mock.calls.length).toBe(2);
    const waiting = ask(unused.key);
    const realNow = performance.now.bind(performance);
    const later = vi.spyOn(performance, 'now').mockImplementation(() => realNow() + 31_000);
    expect((await ask(used.key)).statusCode).toBe(200);
    later.mockRestore();
    expect(lookUp).toHaveBeenCalledTimes(3);
    expect((await ask(unused.key, '203.0.113.2')).statusCode).toBe(200);
    expect(lookUp).toHaveBeenCalledTimes(4);
    held.resolve(null);
    expect((await waiting).statusCode).toBe(200);
    expect((await Promise.all(strangers)).map(({ statusCode }) => statusCode)).toEqual([401, 401]);
    // The process has learnt the key meanwhile.
    expect(lookUp).toHaveBeenCalledTimes(4);
  });

  it.each([
    ['a route', () => read(madeUp()), 'address', 20],
    ['the token endpoint', () => token(madeUp()), 'address', 20],
    ['the gateway', () => ask(madeUp()), 'gate', 100],
  ])('that fail are limited, but not as those of made-up keys: %s', async (_, send, policy, admitted) => {
    const { key } = await accounts.create('orders:read');
    const problem = new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1 });
    lookUp.mockRejectedValue(problem);
    const first = await send();
    expect([first.statusCode, first.headers['ratelimit']]).toEqual([
      503,
      `"${policy}";r=${admitted - 1};t=60`,
    ]);
    expect(await statuses(admitted + 1, send)).toEqual([...times(admitted - 1, 503), 429, 429]);
    expect((await send()).headers['ratelimit']).toMatch(`"${policy}";r=0;`);
    lookUp.mockReset();
    clock.advance(policy === 'gate' ? 60_000 : 0);
    expect((await ask(key)).statusCode).toBe(200);
  });

  it('are no more for a key that has expired than for made-up ones, although it was in use', async () => {
    const { key } = await accounts.create('orders:read');
    expect((await ask(key)).statusCode).toBe(200);
    clock.advance(91 * 86_400_000);
    lookUp.mockClear();
    expect(await statuses(40, () => ask(key))).toEqual([...times(20, 401), ...times(20, 429)]);
    expect(lookUp).toHaveBeenCalledTimes(20);
  });
});
