import { fc } from '@fast-check/vitest';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { exchange } from '../support/app/raw-exchange.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { eventually } from '../support/time/eventually.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const EMAIL = 'ada@example.org';

const register = (members: object): TestRequest => ({
  url: '/auth/register',
  body: { email: EMAIL, password: PASSWORD, ...members },
});
const raw = (body: string | Buffer, headers: TestRequest['headers'] = JSON_TYPE): TestRequest => ({
  url: '/auth/register',
  body,
  headers: headers ?? {},
});

describe('bad input', { timeout: 60_000 }, () => {
  let app: TestApp;
  let tokens: Tokens;
  beforeAll(async () => {
    app = await startApp({ listen: true });
    tokens = await createPerson(app);
  });
  afterAll(() => app.close());

  /** Expects the complete problem of a code, without details about its cause. */
  function expectProblem(answer: LightMyRequestResponse, status: number, code: string): void {
    expect([answer.statusCode, answer.json().code], answer.body).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    const { title, detail, requestId, status: told, type } = answer.json();
    expect([typeof title, typeof detail, told, type]).toEqual([
      'string',
      'string',
      status,
      expect.stringMatching(/^(\/docs\/errors#|https:)/),
    ]);
    expect(requestId).toBe(answer.headers['x-request-id']);
    expect(answer.body).not.toMatch(/at .*\.[jt]s|node_modules|SELECT|INSERT|Error:|postgres|127\.0\.0\.1/);
  }

  describe('in members of a body', () => {
    it.each([
      ['an unknown member', register({ nickname: 'Ada' }), ['#/nickname']],
      ['a role', register({ roles: ['admin'] }), ['#/roles']],
      [
        'several members that only the service sets',
        register({ id: 1, isAdmin: true, emailVerified: true, createdAt: 0 }),
        ['#/id', '#/isAdmin', '#/emailVerified', '#/createdAt'],
      ],
      ['a constructor', register({ constructor: { prototype: { isAdmin: true } } }), ['#/constructor']],
      ['a list of passwords', register({ password: [PASSWORD, 'another long enough one'] }), ['#/password']],
      ['a password that is an object', register({ password: { $ne: '' } }), ['#/password']],
      ['a password that is a number', register({ password: 123456789012345 }), ['#/password']],
      ['a password that is null', register({ password: null }), ['#/password']],
      ['no password', register({ password: undefined }), ['#/password']],
      ['an empty password', register({ password: '' }), ['#/password']],
      ['a password of fourteen characters', register({ password: 'fourteen chars' }), ['#/password']],
      ['a password that is a lone surrogate', register({ password: `${PASSWORD}\ud800` }), ['#/password']],
      ['a password of 257 code points', register({ password: '€'.repeat(257) }), ['#/password']],
      ['a password from the blocklist', register({ password: 'passwordpassword' }), ['#/password']],
      ['an address that is a list', register({ email: [EMAIL] }), ['#/email']],
      ['an address that is true', register({ email: true }), ['#/email']],
      ['an address without a host', register({ email: 'ada@' }), ['#/email']],
      ['an address of two', register({ email: `${EMAIL}, eve@example.org` }), ['#/email']],
      ['an address with a line break', register({ email: `${EMAIL}\r\nBcc: eve@example.org` }), ['#/email']],
      ['an address with a quoted part', register({ email: '"ada"@example.org' }), ['#/email']],
      ['an address with a hidden character', register({ email: 'a\u200bda@example.org' }), ['#/email']],
      ['an address with a soft hyphen', register({ email: 'a\u00adda@example.org' }), ['#/email']],
      ['an address with half a character', register({ email: 'a\ud800da@example.org' }), ['#/email']],
      ['an address with NUL', register({ email: `ada\0@example.org` }), ['#/email']],
      [
        'an address of 300 characters',
        register({ email: `${'a'.repeat(60)}@${'b'.repeat(240)}.org` }),
        ['#/email'],
      ],
      ['a name with a control character', register({ displayName: 'Ada\u0007' }), ['#/displayName']],
      ['a name that is an object', register({ displayName: {} }), ['#/displayName']],
      [
        'everything wrong at once',
        register({ email: 1, password: 2, displayName: 3, x: 4 }),
        ['#/email', '#/password', '#/displayName', '#/x'],
      ],
      [
        'a weak password beside other faults',
        register({ password: 'passwordpassword', x: 4 }),
        ['#/password', '#/x'],
      ],
      [
        'a password made of an address that is at fault itself',
        register({ email: 'grace hopper navy@x', password: 'gracehoppernavy' }),
        ['#/email', '#/password'],
      ],
      [
        'a member that every object has, beside others at fault',
        register({ email: 1, password: 2, constructor: 3, x: 4 }),
        ['#/email', '#/password', '#/constructor', '#/x'],
      ],
      ['an address whose host ends at a slash', register({ email: 'user@example.com/evil' }), ['#/email']],
      ['an address whose host ends at a colon', register({ email: 'user@example.com:80' }), ['#/email']],
      ['an address whose host is percent-encoded', register({ email: 'user@%65xample.com' }), ['#/email']],
      ['an address whose host is a number', register({ email: 'user@0x7f.1' }), ['#/email']],
      ['a list instead of an object', { url: '/auth/register', body: '[]' }, ['#']],
      ['a text instead of an object', { url: '/auth/register', body: '"ada"' }, ['#']],
      ['null instead of an object', { url: '/auth/register', body: 'null' }, ['#']],
      ['no body', { method: 'POST' as const, url: '/auth/register' }, ['#/email', '#/password']],
    ])('is refused by name: %s', async (_what, request, pointers) => {
      const answer = await app.call(request);
      expectProblem(answer, 400, 'validation_failed');
      const named = answer.json().errors.map(({ pointer }: { pointer: string }) => pointer);
      expect(named.toSorted()).toEqual([...pointers].toSorted());
    });

    it('is refused with bounded pointers and texts, and recorded with fewer', async () => {
      const names = Array.from({ length: 150 }, (_, n) => `${n}${'é/~'.repeat(100)}`);
      const answer = await app.call(register(Object.fromEntries(names.map((name) => [name, 1]))));
      expectProblem(answer, 400, 'validation_failed');
      const errors = answer.json().errors as { pointer: string; detail: string }[];
      expect(errors).toHaveLength(names.length);
      expect(Math.max(...errors.map(({ pointer }) => pointer.length))).toBeLessThan(600);
      expect(Math.max(...errors.map(({ detail }) => detail.length))).toBeLessThan(100);

      const query = `/auth/register?${Array.from({ length: 3000 }, (_, n) => `a${n}=`).join('&')}`;
      expect((await app.call({ url: query, body: {} })).statusCode).toBe(400);
      const { accessToken } = await createPerson(app, { roles: ['auditor'] });
      const long = await app.call({ url: `/audit/events?${query.split('?')[1]}`, token: accessToken });
      expect(long.json().errors).toHaveLength(200);

      const requestId = answer.headers['x-request-id'];
      await eventually(async () => {
        const [entry] = await asSuperuser<{ details: { pointers: string[]; omitted: number } }>(
          app.database,
          `SELECT details FROM audit_events WHERE type = 'input_validation_fail' AND request_id = $1`,
          [requestId],
        );
        expect(entry?.details.pointers).toHaveLength(20);
        expect(Math.max(...entry!.details.pointers.map(({ length }) => length))).toBeLessThanOrEqual(128);
        expect(entry?.details.omitted).toBe(130);
      });
    });

    it('judges no password that is too long, and answers at once', async () => {
      const startedMs = performance.now();
      const answer = await app.call(register({ password: 'password'.repeat(5000), x: 1 }));
      expectProblem(answer, 400, 'validation_failed');
      expect(answer.json().errors).toContainEqual({
        pointer: '#/password',
        detail: 'password must be well-formed text of 1 to 256 characters',
      });
      expect(performance.now() - startedMs).toBeLessThan(1000);
    });

    it.each(['\ufe0f', '\u034f', '\u115f', '\u3164', '\u2800', '\u17b4'])(
      'is not accepted in an address because it is invisible: %j',
      async (hidden) => {
        const answer = await app.call(register({ email: `a${hidden}da@example.org` }));
        expectProblem(answer, 400, 'validation_failed');
        expect(answer.json().errors).toMatchObject([{ pointer: '#/email' }]);
      },
    );

    it.each(['\u3164', '\u2800', '\u034f', '\u200d', '\u00a0\u200d'])(
      'is not accepted as a name because it is invisible: %j',
      async (nothing) => {
        const answer = await app.call(register({ displayName: nothing }));
        expectProblem(answer, 400, 'validation_failed');
        expect(answer.json().errors).toMatchObject([{ pointer: '#/displayName' }]);
      },
    );

    it.each([
      ['a broken text', raw('{"email":')],
      ['two texts', raw('{}{}')],
      [
        'a member named twice',
        raw(`{"email":"${EMAIL}","password":"${PASSWORD}","email":"eve@example.org"}`),
      ],
      ['__proto__', raw(`{"__proto__":{"isAdmin":true},"email":"${EMAIL}","password":"${PASSWORD}"}`)],
      [
        'bytes that are not UTF-8',
        raw(Buffer.concat([Buffer.from('{"email":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])),
      ],
      ['a byte order mark', raw(`\ufeff{"email":"${EMAIL}"}`)],
      ['an object of a thousand levels', raw('{"a":'.repeat(1000) + '1' + '}'.repeat(1000))],
      ['a list of ten thousand levels', raw('['.repeat(10_000) + ']'.repeat(10_000))],
      [
        'a thousand members',
        raw(JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, i])))),
      ],
      ['NaN', raw('{"email":NaN}')],
      ['a comment', raw('{"email":"a" /* hello */}')],
    ])('is refused as malformed: %s', async (_what, request) => {
      expectProblem(await app.call(request), 400, 'malformed_request');
    });

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json\ta',
      ' text/plain, application/json',
      'application/json;charset=utf-16',
      'application/json; charset=utf-8; x=y',
      'application/jsonp',
      'application/ld+json',
      'application/json garbage',
      '',
    ])('is refused for its media type: %j', async (type) => {
      const body = JSON.stringify({ email: EMAIL, password: PASSWORD });
      expectProblem(await app.call(raw(body, { 'content-type': type })), 415, 'unsupported_media_type');
    });

    it.each([
      'application/json;',
      'application/json ; ',
      'Application/JSON;Charset="UTF-8"',
      'application/json;charset=utf-8;',
    ])('is read in every spelling of its media type: %j', async (type) => {
      const answer = await app.call(raw('{}', { 'content-type': type }));
      expectProblem(answer, 400, 'validation_failed');
    });

    it('is refused for its size, announced or not', async () => {
      const large = JSON.stringify({ email: EMAIL, password: 'x'.repeat(1024 * 1024) });
      expectProblem(await app.call(raw(large)), 413, 'payload_too_large');
      const [chunked] = await exchange(
        app.url,
        `POST /auth/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`,
      );
      expect([chunked?.status, JSON.parse(chunked?.body ?? '{}').code]).toEqual([413, 'payload_too_large']);
    });

    it('creates no account in any of these cases', async () => {
      expect(await asSuperuser(app.database, 'SELECT 1 FROM users WHERE email = $1', [EMAIL])).toEqual([]);
    });
  });

  it.each([
    ['/users/me', { displayName: 1 }, '#/displayName'],
    ['/users/me', { displayName: 'x'.repeat(1000) }, '#/displayName'],
    ['/users/me', { displayName: 'Ada', email: 'eve@example.org' }, '#/email'],
    ['/users/me', {}, '#/displayName'],
  ])('changes no profile: PUT %s %j', async (url, body, pointer) => {
    const before = await app.call({ url: '/users/me', token: tokens.accessToken });
    const answer = await app.call({ method: 'PUT', url, body, token: tokens.accessToken });
    expectProblem(answer, 400, 'validation_failed');
    expect(answer.json().errors[0].pointer).toBe(pointer);
    expect((await app.call({ url: '/users/me', token: tokens.accessToken })).json()).toEqual(before.json());
  });

  describe('in a path or method', () => {
    it.each([
      '/nothing',
      '/users',
      '/users/me/',
      '//users/me',
      '/USERS/ME',
      '/users/me;x=1',
      '/users/%6De/x',
      '/users//me',
      '/users/me%00',
      '/.env',
      '/api/v1/users/me',
      '/users/..%2f..%2fetc/passwd',
    ])('is not found: %s', async (path) => {
      const answer = await app.call({ url: path, token: tokens.accessToken });
      expectProblem(
        answer,
        answer.statusCode === 400 ? 400 : 404,
        answer.statusCode === 400 ? 'malformed_request' : 'not_found',
      );
    });

    it.each([
      ['DELETE', '/users/me/sessions/{id}'],
      ['DELETE', '/users/me/factors/{id}'],
      ['DELETE', '/users/me/api-keys/{id}'],
      ['GET', '/admin/users/{id}'],
      ['POST', '/alerts/{id}/acknowledge'],
    ] as const)('is an unknown id, however long: %s %s', async (method, route) => {
      const { accessToken: token } = await createPerson(app, { roles: ['admin'] });
      for (const length of [10, 129, 10_000]) {
        const url = route.replace('{id}', 'a'.repeat(length));
        expectProblem(await app.call({ method, url }), 401, 'unauthenticated');
        expectProblem(await app.call({ method, url, token }), 404, 'not_found');
      }
    });

    it.each([
      ['DELETE', '/users/me/activity', 'GET, HEAD'],
      ['GET', '/auth/login', 'POST'],
      ['PATCH', '/users/me', 'DELETE, GET, HEAD, PUT'],
      ['POST', '/health/live', 'GET, HEAD'],
    ] as const)('is not allowed: %s %s', async (method, url, allow) => {
      const answer = await app.call({ method, url, token: tokens.accessToken });
      expectProblem(answer, 405, 'method_not_allowed');
      expect(answer.headers['allow']).toBe(allow);
    });

    it.each([
      ['TRACE', '/users/me'],
      ['CONNECT', 'example.org:80'],
      ['PROPFIND', '/users/me'],
    ])('is refused on the wire: %s', async (method, target) => {
      const answers = await exchange(
        app.url,
        `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      for (const { status } of answers) expect([400, 404, 405, 501]).toContain(status);
      expect((await app.call({ url: '/health/live' })).statusCode).toBe(200);
    });

    it.each(['/docs//x', '/docs/..', '/docs/%00', '/docs/%5c..%5c', '/docs/../package.json'])(
      'causes no server error in the documentation: %s',
      async (target) => {
        const [answer] = await exchange(
          app.url,
          `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
        );
        expect([400, 404]).toContain(answer?.status);
        expect(answer?.headers['content-type']).toContain('application/problem+json');
      },
    );

    it('is refused if its escapes are malformed', async () => {
      const [answer] = await exchange(
        app.url,
        'GET /users/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      );
      expect([answer?.status, JSON.parse(answer?.body ?? '{}').code]).toEqual([400, 'malformed_request']);
    });
  });

  describe('in the framing of a request', () => {
    const LOGIN = 'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

    it.each([
      [
        'both lengths',
        `${LOGIN}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /users/me HTTP/1.1\r\nhost: x\r\n\r\n`,
      ],
      ['two lengths', `${LOGIN}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
      ['a negative length', `${LOGIN}content-length: -1\r\n\r\n`],
      ['obfuscated chunks', `${LOGIN}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
      ['an invalid chunk size', `${LOGIN}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n`],
      ['a folded field', `${LOGIN}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`],
      ['a bare CR in a field', `${LOGIN}x-a: b\rc\r\ncontent-length: 0\r\n\r\n`],
      ['no host', 'GET /users/me HTTP/1.1\r\nconnection: close\r\n\r\n'],
      ['two hosts', 'GET /rate-limits HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n'],
      ['an invalid host', 'GET /rate-limits HTTP/1.1\r\nhost: a b/c@d\r\nconnection: close\r\n\r\n'],
      ['nonsense', 'hello\r\n\r\n'],
      ['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex')],
    ])('ends the connection with 400: %s', async (_what, bytes) => {
      const answers = await exchange(app.url, bytes);
      expect(answers.map(({ status }) => status)).toEqual([400]);
      expect(answers[0]?.headers['content-type']).toContain('application/problem+json');
    });

    it('responds to a request with an unknown expectation as to any other', async () => {
      const [answer] = await exchange(
        app.url,
        `${LOGIN}expect: miracles\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
      );
      expect([answer?.status, answer?.headers['content-type']]).toEqual([400, 'application/problem+json']);
      expect(answer?.body).toContain('validation_failed');
    });

    it('returns 408 for a request that takes longer than ten seconds', { timeout: 30_000 }, async () => {
      const startedAt = performance.now();
      const [answer] = await exchange(app.url, `${LOGIN}content-length: 100\r\n\r\n{`);
      expect(answer?.status).toBe(408);
      expect(performance.now() - startedAt).toBeLessThan(13_000);
    });

    it('is counted even if it never becomes a request', async () => {
      const figure = async (status: number) => {
        const { body } = await app.call({ url: '/metrics' });
        const line = `portcullis_http_unreadable_requests_total{status="${status}"} `;
        return Number(
          body
            .split('\n')
            .find((one) => one.startsWith(line))
            ?.slice(line.length),
        );
      };
      const before = await figure(400);
      expect((await exchange(app.url, 'GET / HTTP/1.1\r\nhost: x\r\na b\r\n\r\n'))[0]?.status).toBe(400);
      expect(await figure(400)).toBe(before + 1);
      expect(await figure(431)).toBeGreaterThanOrEqual(0);
    });

    it('returns 431 for header fields of over 16 KiB', async () => {
      const [answer] = await exchange(
        app.url,
        `GET /users/me HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`,
      );
      expect(answer?.status).toBe(431);
    });
  });

  it('is refused on routes that accept no body', async () => {
    const { accessToken: admin } = await createPerson(app, { roles: ['admin'] });
    const url = '/alerts/019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d/resolve';
    const resolved = await app.call({ method: 'POST', url, body: { reason: 'done' }, token: admin });
    expectProblem(resolved, 400, 'validation_failed');
    expect(resolved.json().errors).toEqual([
      { pointer: '#/reason', detail: 'this endpoint accepts no body fields' },
    ]);
  });

  it('is refused if it is compressed', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expectProblem(await app.call({ url: '/auth/login', body: {}, headers }), 415, 'unsupported_media_type');
  });

  it.each([
    ['/users/me/activity?limit=0', '#/limit'],
    ['/users/me/activity?limit=1e9', '#/limit'],
    ['/users/me/activity?limit=5&limit=6', '#/limit'],
    ['/users/me/activity?limit[]=5', '#/limit%5B%5D'],
    ['/users/me/activity?cursor=nonsense', '#/cursor'],
    ['/users/me/activity?page=2', '#/page'],
  ])('in a query is refused by name: %s', async (url, pointer) => {
    const answer = await app.call({ url, token: tokens.accessToken });
    expectProblem(answer, 400, 'validation_failed');
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer]);
  });

  it.each([
    ['an address', { url: '/auth/login', body: { email: 'ada\0@example.org', password: PASSWORD } }],
    ['a password', { url: '/auth/login', body: { email: EMAIL, password: `${PASSWORD}\0` } }],
    ['a refresh token', { url: '/auth/refresh', body: { refreshToken: '\0' } }],
    ['a reset token', { url: '/auth/password/reset', body: { token: '\0', newPassword: PASSWORD } }],
    ['a device token', { url: '/auth/login', body: { email: EMAIL, password: PASSWORD, deviceToken: '\0' } }],
    ['a name', { method: 'PUT', url: '/users/me', body: { displayName: 'Ada\0' } }],
    ['a member name', { method: 'PUT', url: '/users/me', body: { 'display\0Name': 'Ada' } }],
    ['a cursor', { url: '/users/me/activity?cursor=%00' }],
    ['an id', { method: 'DELETE', url: '/users/me/sessions/%00' }],
    ['a cookie', { url: '/users/me', headers: { cookie: 'access_token=%00; device=%00' } }],
    [
      'a form',
      { url: '/oauth/token', body: 'grant_type=%00&client_id=%00&client_secret=%00', headers: FORM },
    ],
  ] satisfies [string, TestRequest][])(
    'peer fault 62: with NUL in %s is refused as any other',
    async (_what, request) => {
      const isOwn = request.url.startsWith('/users/me') && !('headers' in request);
      const answer = await app.call({ ...request, ...(isOwn && { token: tokens.accessToken }) });
      expect([400, 401, 404], answer.body).toContain(answer.statusCode);
    },
  );

  it('of any kind results in a problem below 500', async () => {
    const member = fc.oneof(
      fc.constantFrom(
        'email',
        'password',
        'displayName',
        'tokenTransport',
        'deviceToken',
        'refreshToken',
        '__proto__',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    const body = fc.oneof(
      fc.dictionary(member, fc.jsonValue({ maxDepth: 3 })).map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    );
    const route = fc.constantFrom(
      '/auth/register',
      '/auth/login',
      '/auth/refresh',
      '/auth/logout',
      '/users/me',
    );
    const header = fc.stringMatching(/^[\t -~]{0,60}$/);
    await fc.assert(
      fc.asyncProperty(route, body, header, async (url, payload, value) => {
        const answer = await app.call({
          method: url === '/users/me' ? 'PUT' : 'POST',
          url,
          body: payload,
          token: tokens.accessToken,
          headers: { cookie: value, 'user-agent': value, 'x-request-id': value, 'x-forwarded-for': value },
        });
        const isProblem = answer.headers['content-type'] === 'application/problem+json';
        expect([answer.statusCode < 500, isProblem]).toEqual([true, answer.statusCode >= 400]);
        if (url === '/auth/logout' && answer.statusCode === 204) tokens = await createPerson(app);
      }),
      { numRuns: 400 },
    );
  });
});
