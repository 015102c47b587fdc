import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PASSWORD, register } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { cookiesOf, jarOf } from '../support/app/set-cookie.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const SITE = 'https://auth.example.org';
const FRIEND = 'https://app.example.org';
const TOKEN_IN_BODY = /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}|[\w-]{70}/;

const signIn = async (app: TestApp, email: string, cookies: Record<string, string> = {}) =>
  app.call({ url: '/auth/login', body: { email, password: PASSWORD }, headers: { origin: SITE }, cookies });

describe('in a browser over https', () => {
  let app: TestApp;
  let email: string;
  beforeAll(async () => {
    app = await startApp({
      variables: {
        PUBLIC_URL: SITE,
        COOKIE_SECURE: 'true',
        CORS_ORIGINS: `${FRIEND},https://other.example.org:8443`,
      },
    });
    email = await register(app);
  });
  afterAll(() => app.close());

  describe('the cookies of a login', () => {
    it('are not accessible to scripts, other sites and sibling hosts', async () => {
      const cookies = cookiesOf(await signIn(app, email));
      expect(Object.keys(cookies).toSorted()).toEqual([
        '__Host-access_token',
        '__Host-device',
        '__Host-refresh_token',
      ]);
      for (const { attributes } of Object.values(cookies)) {
        expect(attributes).toEqual({
          httponly: true,
          secure: true,
          samesite: 'Strict',
          path: '/',
          'max-age': expect.stringMatching(/^\d+$/) as string,
        });
      }
    });

    it('expire no later than their tokens, and fit in a browser', async () => {
      const answer = await signIn(app, email);
      const { session, expiresIn } = answer.json<{ session: { expiresAt: string }; expiresIn: number }>();
      expect(expiresIn).toBe(30 * 60);
      const secondsLeft = (Date.parse(session.expiresAt) - Date.now()) / 1000;
      const cookies = cookiesOf(answer);
      const ageOf = (name: string) => Number(cookies[name]?.attributes['max-age']);
      expect(ageOf('__Host-access_token')).toBe(30 * 60);
      expect(ageOf('__Host-refresh_token')).toBeGreaterThan(7 * 86_400 - 60);
      expect(ageOf('__Host-refresh_token')).toBeLessThanOrEqual(Math.min(7 * 86_400, secondsLeft));
      expect(ageOf('__Host-device')).toBeLessThanOrEqual(400 * 86_400);
      for (const { name, value } of Object.values(cookies))
        expect(name.length + value.length).toBeLessThan(4096);
    });

    it('are the only place for tokens: the body contains none', async () => {
      const answer = await signIn(app, email);
      expect(Object.keys(answer.json<object>()).toSorted()).toEqual([
        'accessTokenExpiresAt',
        'expiresIn',
        'session',
        'user',
      ]);
      expect(answer.body).not.toMatch(TOKEN_IN_BODY);
      const refreshed = await app.call({
        method: 'POST',
        url: '/auth/refresh',
        cookies: jarOf(answer),
        headers: { origin: SITE },
      });
      expect(refreshed.statusCode).toBe(200);
      expect(refreshed.body).not.toMatch(TOKEN_IN_BODY);
    });

    it('are replaced at each login, even if an attacker has set them before', async () => {
      const attacker = jarOf(await signIn(app, await register(app)));
      const planted = await signIn(app, email, attacker);
      const jar = jarOf(planted);
      expect(jar['__Host-access_token']).not.toBe(attacker['__Host-access_token']);
      expect(jar['__Host-refresh_token']).not.toBe(attacker['__Host-refresh_token']);
      const me = await app.call({ url: '/users/me', cookies: jar });
      expect(me.json<{ email: string }>().email).toBe(email);
      const again = await signIn(app, email, jar);
      expect(again.json<{ session: { id: string } }>().session.id).not.toBe(
        planted.json<{ session: { id: string } }>().session.id,
      );
    });

    it('are not read under their plain names, which a sibling host can set', async () => {
      const jar = jarOf(await signIn(app, email));
      const plain = {
        access_token: jar['__Host-access_token']!,
        refresh_token: jar['__Host-refresh_token']!,
      };
      expect((await app.call({ url: '/users/me', cookies: plain })).json<{ code: string }>().code).toBe(
        'unauthenticated',
      );
      const refreshed = await app.call({ method: 'POST', url: '/auth/refresh', cookies: plain });
      expect(refreshed.json<{ code: string }>().code).toBe('unauthenticated');
    });

    it('are ignored if a header field has a token', async () => {
      const cookies = jarOf(await signIn(app, email));
      const other = await register(app);
      const login = await app.call({
        url: '/auth/login',
        body: { email: other, password: PASSWORD, tokenTransport: 'body' },
      });
      const { accessToken: token } = login.json<{ accessToken: string }>();
      const me = await app.call({ url: '/users/me', token, cookies });
      expect(me.json<{ email: string }>().email).toBe(other);
      const forged = await app.call({ url: '/users/me', token: `${token}A`, cookies });
      expect(forged.json<{ code: string }>().code).toBe('invalid_token');
    });

    it('are removed at logout with the attributes with which they were set', async () => {
      const login = await signIn(app, email);
      const logout = await app.call({
        method: 'POST',
        url: '/auth/logout',
        cookies: jarOf(login),
        headers: { origin: SITE },
      });
      expect(logout.statusCode).toBe(204);
      const given = cookiesOf(login);
      const taken = cookiesOf(logout);
      expect(Object.keys(taken).toSorted()).toEqual(['__Host-access_token', '__Host-refresh_token']);
      for (const { name, value, attributes } of Object.values(taken)) {
        expect(value).toBe('');
        expect(attributes).toEqual({ ...given[name]?.attributes, 'max-age': '0' });
      }
      const me = await app.call({ url: '/users/me', cookies: jarOf(login) });
      expect(me.json<{ code: string }>().code).toBe('session_ended');
    });

    it('are not set by responses in the body transport, whose tokens never become cookies', async () => {
      const login = await app.call({
        url: '/auth/login',
        body: { email, password: PASSWORD, tokenTransport: 'body' },
      });
      expect(login.headers['set-cookie']).toBeUndefined();
      const { refreshToken } = login.json<{ refreshToken: string }>();
      const refreshed = await app.call({ url: '/auth/refresh', body: { refreshToken } });
      expect(refreshed.headers['set-cookie']).toBeUndefined();
      expect(refreshed.json<{ refreshToken: string }>().refreshToken).toMatch(/^[\w-]{70}$/);
    });

    it.each([
      ['refresh', '/auth/refresh', { refreshToken: undefined, tokenTransport: 'body' }],
      ['login', '/auth/login', { tokenTransport: 'BODY' }],
      ['login', '/auth/login', { tokenTransport: ['body'] }],
      ['login', '/auth/login', { deviceToken: 7 }],
    ])(
      'are not replaced by body tokens if a script sends %s with an unusual member: %s %j',
      async (_what, url, members) => {
        const login = await signIn(app, email);
        const body = url === '/auth/login' ? { email, password: PASSWORD, ...members } : members;
        const answer = await app.call({ url, body, cookies: jarOf(login), headers: { origin: SITE } });
        expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'validation_failed']);
        expect(answer.body).not.toMatch(TOKEN_IN_BODY);
      },
    );

    it.each([
      ['/auth/refresh', { refreshToken: null }],
      ['/auth/logout', { refreshToken: null }],
      ['/auth/login', { tokenTransport: null }],
      ['/auth/login', { deviceToken: null }],
    ])('are the transport of %s if the member is null, which means absent: %j', async (url, members) => {
      const login = await signIn(app, email);
      const body = url === '/auth/login' ? { email, password: PASSWORD, ...members } : members;
      const answer = await app.call({ url, body, cookies: jarOf(login), headers: { origin: SITE } });
      expect(answer.statusCode).toBe(url === '/auth/logout' ? 204 : 200);
      expect(answer.body).not.toMatch(TOKEN_IN_BODY);
      expect(cookiesOf(answer)).toHaveProperty('__Host-access_token');
    });

    it('are kept if another tab loses a race, because a failed refresh does not clear them', async () => {
      const jar = jarOf(await signIn(app, email));
      await app.call({ method: 'POST', url: '/auth/logout', cookies: jar, headers: { origin: SITE } });
      const late = await app.call({
        method: 'POST',
        url: '/auth/refresh',
        cookies: jar,
        headers: { origin: SITE },
      });
      expect(late.json<{ code: string }>().code).toBe('session_ended');
      expect(late.headers['set-cookie']).toBeUndefined();
    });

    it('are read from several Cookie fields, even next to malformed ones', async () => {
      const jar = jarOf(await signIn(app, email));
      const token = `__Host-access_token=${jar['__Host-access_token']!}`;
      for (const cookie of [
        `a=%E0%A4%A; ${token}`,
        `; ;=; ${token}`,
        `__proto__=1; ${token}; constructor=2`,
        `"=";${token}`,
      ]) {
        expect((await app.call({ url: '/users/me', headers: { cookie } })).statusCode).toBe(200);
      }
    });
  });

  describe('a request that changes something', () => {
    const OWN = SITE;
    const cases: [string | undefined, string | undefined, withoutCookie: boolean, withCookie: boolean][] = [
      [undefined, undefined, true, false],
      [undefined, 'same-origin', true, true],
      [undefined, 'none', true, true],
      [undefined, 'same-site', false, false],
      [undefined, 'cross-site', false, false],
      [undefined, '', false, false],
      [undefined, 'Same-Origin', false, false],
      [undefined, 'same-origin, cross-site', false, false],
      [OWN, undefined, true, true],
      [OWN, 'same-origin', true, true],
      [OWN, 'same-site', true, true],
      [OWN, 'cross-site', true, true],
      [FRIEND, undefined, true, true],
      [FRIEND, 'same-site', true, true],
      [FRIEND, 'cross-site', true, true],
      ['null', undefined, false, false],
      ['null', 'same-site', false, false],
      ['null', 'cross-site', false, false],
      ['null', 'same-origin', true, true],
      ['https://evil.example', undefined, false, false],
      ['https://evil.example', 'cross-site', false, false],
      ['https://evil.example', 'same-site', false, false],
      ['http://auth.example.org', undefined, false, false],
      ['https://auth.example.org:8443', undefined, false, false],
      ['https://auth.example.org.evil.example', undefined, false, false],
      ['https://evil-auth.example.org', undefined, false, false],
      ['https://AUTH.example.org', undefined, false, false],
      [`${OWN}/`, undefined, false, false],
      [`${OWN}, https://evil.example`, undefined, false, false],
      ['', undefined, false, false],
    ];

    it.each(cases)(
      'of origin %s and site %s passes without a cookie: %s, and with one: %s',
      async (origin, site, without, withOne) => {
        const headers = {
          ...(origin !== undefined && { origin }),
          ...(site !== undefined && { 'sec-fetch-site': site }),
        };
        const jar = jarOf(await signIn(app, email));
        const loggedOut = await app.call({ method: 'POST', url: '/auth/logout', headers });
        expect(loggedOut.statusCode).toBe(without ? 204 : 403);
        const change = await app.call({
          method: 'PUT',
          url: '/users/me',
          body: { displayName: 'Ada' },
          headers,
          cookies: jar,
        });
        expect(change.statusCode).toBe(withOne ? 200 : 403);
        for (const [passed, answer] of [
          [without, loggedOut],
          [withOne, change],
        ] as const) {
          expect(passed || answer.json<{ code: string }>().code === 'csrf_rejected').toBe(true);
        }
      },
    );

    it.each([
      ['the access token', '__Host-access_token'],
      ['the refresh token', '__Host-refresh_token'],
      ['the device', '__Host-device'],
    ])("is considered a browser's if it has the cookie of %s", async (_what, name) => {
      const answer = await app.call({ method: 'POST', url: '/auth/logout', cookies: { [name]: 'x' } });
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'csrf_rejected']);
    });

    it.each(['/auth/register', '/auth/login', '/auth/refresh', '/auth/logout'])(
      'is refused from another site on %s too, before it changes anything',
      async (url) => {
        const users = async () =>
          (await asSuperuser<{ n: string }>(app.database, 'SELECT count(*) AS n FROM users'))[0]!.n;
        const before = await users();
        const body =
          url === '/auth/refresh' || url === '/auth/logout'
            ? {}
            : { email: 'csrf@example.com', password: PASSWORD };
        const answer = await app.call({
          url,
          body,
          headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
        });
        expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'csrf_rejected']);
        expect(answer.headers['set-cookie']).toBeUndefined();
        expect(await users()).toBe(before);
      },
    );

    it('is allowed from any site if its method is safe', async () => {
      const jar = jarOf(await signIn(app, email));
      const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
      for (const method of ['GET', 'HEAD'] as const) {
        const answer = await app.call({ method, url: '/users/me', headers, cookies: jar });
        expect(answer.statusCode).toBe(200);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    });
  });

  describe('across origins', () => {
    it('a listed origin may read responses, with credentials', async () => {
      const { headers } = await app.call({ url: '/rate-limits', headers: { origin: FRIEND } });
      expect(headers).toMatchObject({
        'access-control-allow-origin': FRIEND,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers':
          'x-request-id, ratelimit, ratelimit-policy, retry-after, www-authenticate',
      });
      expect(String(headers['vary']).split(/, */)).toEqual(
        expect.arrayContaining(['Origin', 'Sec-Fetch-Site']),
      );
    });

    it('a listed origin may read problems, too', async () => {
      for (const url of ['/users/me', '/nowhere', '/auth/login']) {
        const { headers } = await app.call({ url, headers: { origin: FRIEND } });
        expect(headers['access-control-allow-origin']).toBe(FRIEND);
      }
    });

    it.each([
      'https://evil.example',
      'null',
      SITE.replace('https', 'http'),
      `${FRIEND}.evil.example`,
      `${FRIEND}:444`,
      FRIEND.toUpperCase(),
      '*',
    ])('the origin %s may not', async (origin) => {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const { headers } = await app.call({
          method,
          url: '/users/me',
          headers: { origin, 'access-control-request-method': 'PUT' },
        });
        expect(headers['access-control-allow-origin']).toBeUndefined();
      }
    });

    it('a preflight request gets the methods of the API, and changes nothing', async () => {
      const { statusCode, headers } = await app.call({
        method: 'OPTIONS',
        url: '/users/me',
        headers: {
          origin: FRIEND,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(statusCode).toBe(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': FRIEND,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers':
          'authorization, audit-reason, content-type, x-request-id, last-event-id, traceparent, tracestate, baggage, sentry-trace',
        'access-control-max-age': '600',
      });
    });

    it('a preflight request from another origin is refused with a text that names the setting', async () => {
      const answer = await app.call({
        method: 'OPTIONS',
        url: '/users/me',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'PUT' },
      });
      const { code, detail } = answer.json<{ code: string; detail: string }>();
      expect([answer.statusCode, code]).toEqual([403, 'csrf_rejected']);
      expect(detail).toContain('CORS_ORIGINS');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });

    it('OPTIONS without a preflight gets a problem like any other method that a path does not support', async () => {
      const odd: Record<string, string>[] = [
        {},
        { origin: FRIEND },
        { 'access-control-request-method': 'PUT' },
      ];
      for (const headers of odd) {
        const answer = await app.call({ method: 'OPTIONS', url: '/users/me', headers });
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
          405,
          'method_not_allowed',
        ]);
        expect(answer.headers['allow']).toBe('DELETE, GET, HEAD, PUT');
      }
      const nowhere = await app.call({ method: 'OPTIONS', url: '/nowhere' });
      expect([nowhere.statusCode, nowhere.json<{ code: string }>().code]).toEqual([404, 'not_found']);
    });
  });

  describe('every response', () => {
    it.each([
      ['GET', '/users/me'],
      ['GET', '/nowhere'],
      ['DELETE', '/users/me'],
      ['POST', '/auth/logout'],
      ['POST', '/auth/login'],
      ['GET', '/rate-limits'],
      ['GET', '/health/live'],
      ['GET', '/.well-known/jwks.json'],
      ['HEAD', '/rate-limits'],
      ['GET', '/%zz'],
    ] as const)('to %s %s has the header fields that restrict browsers', async (method, url) => {
      const { headers } = await app.call({ method, url });
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=63072000',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'x-request-id': expect.stringMatching(/^[\w.-]{8,64}$/) as string,
      });
      expect(headers['server'] ?? headers['x-powered-by']).toBeUndefined();
    });

    it('is not stored, unless it is the key set', async () => {
      const jar = jarOf(await signIn(app, email));
      const answers = [
        await signIn(app, email),
        await app.call({ url: '/users/me', cookies: jar }),
        await app.call({
          method: 'PUT',
          url: '/users/me',
          body: { displayName: null },
          cookies: jar,
          headers: { origin: SITE },
        }),
        await app.call({ url: '/users/me' }),
        await app.call({ method: 'POST', url: '/auth/refresh', cookies: jar, headers: { origin: SITE } }),
        await app.call({ method: 'POST', url: '/auth/logout', cookies: jar, headers: { origin: SITE } }),
        await app.call({ url: '/nowhere' }),
      ];
      for (const { headers } of answers) expect(headers['cache-control']).toBe('no-store');
      expect((await app.call({ url: '/.well-known/jwks.json' })).headers['cache-control']).toMatch(
        /^public, max-age=/,
      );
    });

    it("to a logout clears cached responses, but not the application's storage", async () => {
      const { headers } = await app.call({ method: 'POST', url: '/auth/logout' });
      expect(headers['clear-site-data']).toBe('"cache"');
    });

    it('to HEAD is the response to GET without its body, and passes the same guards', async () => {
      const jar = jarOf(await signIn(app, email));
      const get = await app.call({ url: '/users/me', cookies: jar });
      const head = await app.call({ method: 'HEAD', url: '/users/me', cookies: jar });
      expect([head.statusCode, head.body]).toEqual([200, '']);
      expect(head.headers['content-length']).toBe(get.headers['content-length']);
      expect((await app.call({ method: 'HEAD', url: '/users/me' })).statusCode).toBe(401);
      expect((await app.call({ method: 'HEAD', url: '/audit/events', cookies: jar })).statusCode).toBe(403);
    });
  });
});

describe('in a browser over http, for development', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it('cookies have plain names and no Secure attribute, with which the browser would not send them', async () => {
    const email = await register(app);
    const cookies = cookiesOf(await app.call({ url: '/auth/login', body: { email, password: PASSWORD } }));
    expect(Object.keys(cookies).toSorted()).toEqual(['access_token', 'device', 'refresh_token']);
    for (const { attributes } of Object.values(cookies)) {
      expect(attributes).toMatchObject({ httponly: true, samesite: 'Strict', path: '/' });
      expect(attributes['secure']).toBeUndefined();
    }
  });

  it('no header field promises https', async () => {
    expect((await app.call({ url: '/users/me' })).headers['strict-transport-security']).toBeUndefined();
  });

  it('without listed origins, no other origin can read responses', async () => {
    const { headers, statusCode } = await app.call({
      method: 'OPTIONS',
      url: '/users/me',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'PUT' },
    });
    expect(statusCode).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

it('subdomains of PUBLIC_URL are included in HSTS only if the operator configures this', async () => {
  const app = await startApp({
    variables: { PUBLIC_URL: SITE, COOKIE_SECURE: 'true', HSTS_INCLUDE_SUBDOMAINS: 'true' },
  });
  onTestFinished(() => app.close());
  const { headers } = await app.call({ url: '/rate-limits' });
  expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains');
});
