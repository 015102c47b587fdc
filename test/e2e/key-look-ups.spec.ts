import { afterAll, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { newKey } from '../../src/machines/keys/key-format.js';
import { FoundKeysRepository } from '../../src/machines/keys/found-keys.repository.js';
import { SystemRandomness } from '../../src/platform/crypto/randomness.js';
import { PlatformErrors } from '../../src/platform/errors/platform.errors.js';
import { Problem } from '../../src/platform/errors/problem.js';
import { basic } from '../support/app/oauth.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { type RulesFile, writeRules } from '../support/gateway/rules-file.js';
import { ManualClock } from '../support/time/manual-clock.js';

const RULES = { app: { access: 'signed-in', audience: 'app', scopes: ['orders:read'] } };
const NO_SUCH_ACCOUNT = '0197a1b2-0000-7000-8000-000000000001';
const GRANT = 'grant_type=client_credentials';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const madeUp = () => newKey('user', new SystemRandomness());

describe('look-ups of API keys', () => {
  const clock = new ManualClock(Date.now());
  let rules: RulesFile;
  let app: TestApp;
  let lookUp: MockInstance<FoundKeysRepository['findByDigest']>;
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
    lookUp = vi.spyOn(app.app.get(FoundKeysRepository, { strict: false }), 'findByDigest');
  });
  afterAll(async () => {
    lookUp.mockRestore();
    await app.close();
    await rules.remove();
  });

  let hosts = 0;
  beforeEach(() => {
    hosts += 1;
    host = `198.51.100.${hosts}`;
    clock.advance(60_000);
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
  it.each([
    ['a route', () => read(madeUp()), 3],
    ['the token endpoint', () => token(madeUp()), 3],
    ['the gateway', () => ask(madeUp()), 100],
  ])('that fail are limited, but not as those of made-up keys: %s', async (_, send, admitted) => {
    const problem = new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1 });
    lookUp.mockRejectedValue(problem);
    expect(await statuses(admitted + 2, send)).toEqual([...times(admitted, 503), 429, 429]);
    expect((await send()).json()).not.toMatchObject({ 'violated-policies': ['address'] });
    lookUp.mockReset();
    expect((await read(madeUp())).statusCode).toBe(401);
  });
});
