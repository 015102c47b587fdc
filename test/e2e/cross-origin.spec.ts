import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuditService } from '../../src/audit/audit.service.js';
import { AuditSpool } from '../../src/audit/spool/audit-spool.js';
import { RateLimitStorage } from '../../src/rate-limit/rate-limit-storage.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';

const FRIEND = 'https://friend.example';

/** The fields that let a page read a response, as ordinary responses have them. */
const READABLE = {
  'access-control-allow-origin': FRIEND,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'x-request-id, ratelimit, ratelimit-policy, retry-after, www-authenticate',
  vary: 'Origin, Sec-Fetch-Site',
};

const PATHS = ['/users/me', '/nowhere', '/%zz', `/admin/users/${'x'.repeat(200)}`];

let clients = 0;

/** The header fields of a page in a browser whose address no other test uses. */
const newPage = (origin = FRIEND) => ({ origin, 'x-forwarded-for': `198.51.100.${(clients += 1)}` });

type Page = ReturnType<typeof newPage>;

const preflight = (url: string, page: Page): TestRequest => ({
  method: 'OPTIONS',
  url,
  headers: { ...page, 'access-control-request-method': 'PUT' },
});

describe('a page of a listed origin', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      variables: { CORS_ORIGINS: FRIEND, RATE_LIMIT_ADDRESS: '6/60', TRUSTED_PROXIES: '127.0.0.1' },
    });
  });
  afterAll(() => app.close());

  const exhaust = async (page: Page) => {
    for (let n = 0; n < 6; n += 1) await app.call({ url: '/nowhere', headers: page });
  };

  it('is told by every request why it is refused, however many preflights it sends', async () => {
    const page = newPage();
    const statuses = [];
    for (let n = 0; n < 5; n += 1) {
      statuses.push((await app.call(preflight('/users/me', page))).statusCode);
      statuses.push((await app.call({ url: '/users/me', headers: page })).statusCode);
    }
    expect(statuses).toEqual([204, 401, 204, 401, 204, 401, 204, 429, 204, 429]);
  });

  it.each(PATHS)('may read the 429 of %s, and its preflight is not refused', async (url) => {
    const page = newPage();
    await exhaust(page);
    const first = await app.call(preflight(url, page));
    expect([first.statusCode, first.body]).toEqual([204, '']);
    expect(first.headers).toMatchObject({
      ...READABLE,
      'access-control-max-age': '600',
      ratelimit: expect.stringContaining('"address";r=0'),
    });
    const answer = await app.call({ url, headers: page });
    expect([answer.statusCode, answer.json().code]).toEqual([429, 'rate_limited']);
    expect(answer.headers).toMatchObject({ ...READABLE, 'retry-after': expect.stringMatching(/^\d+$/) });
  });

  it.each(PATHS)('may read any other refusal of %s', async (url) => {
    const { statusCode, headers } = await app.call({ url, headers: newPage() });
    expect([400, 401, 404]).toContain(statusCode);
    expect(headers).toMatchObject(READABLE);
  });

  it('may read that there is no room to record its calls', async () => {
    const page = newPage();
    const room = vi.spyOn(app.app.get(AuditSpool, { strict: false }), 'hasRoomFor').mockReturnValue(false);
    const first = await app.call(preflight('/users/me', page));
    const answer = await app.call({ url: '/users/me', headers: page });
    room.mockRestore();
    expect(first.statusCode).toBe(204);
    expect(first.headers).toMatchObject(READABLE);
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'dependency_unavailable']);
    expect(answer.headers).toMatchObject({ ...READABLE, 'retry-after': expect.stringMatching(/^\d+$/) });
  });

  it.each(PATHS)('sends preflights of %s that count like its requests', async (url) => {
    const page = newPage();
    const { headers } = await app.call(preflight(url, page));
    expect(headers['ratelimit']).toContain('"address";r=5');
    const counted = vi.spyOn(app.app.get(RateLimitStorage, { strict: false }), 'count');
    await app.call(preflight(url, page));
    expect(counted).toHaveBeenCalledTimes(1);
    counted.mockRestore();
  });

  it('sends preflights that are recorded, with the limit that they exceed as their reason', async () => {
    const page = newPage();
    await exhaust(page);
    const recorded: unknown[] = [];
    const subscription = app.app.get(AuditService, { strict: false }).calls.subscribe((call) => {
      recorded.push([call.method, call.status, call.reason]);
    });
    for (const url of PATHS) await app.call(preflight(url, page));
    subscription.unsubscribe();
    expect(recorded).toEqual(PATHS.map(() => ['OPTIONS', 204, 'rate_limited']));
  });

  it.each(PATHS)('is the only one: preflights of %s from other origins are refused', async (url) => {
    const page = newPage('https://evil.example');
    const statuses = [];
    for (let n = 0; n < 7; n += 1) {
      const answer = await app.call(preflight(url, page));
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      statuses.push(answer.statusCode);
    }
    expect(statuses.slice(0, 6)).not.toContain(204);
    expect(statuses.at(-1)).toBe(429);
  });
});
