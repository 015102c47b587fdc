import { createPublicKey, verify } from 'node:crypto';
import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/platform/access/principal.js';
import { IDENTITY_HEADERS } from '../../src/gateway/identity-headers.js';
import { BearerReaders } from '../../src/sessions/tokens/bearer-readers.js';
import { TokenRefused } from '../../src/sessions/tokens/token-refused.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { createKey } from '../support/app/api-keys.js';
import { claimsOf, clientToken } from '../support/app/oauth.js';
import { ServiceAccountsOf } from '../support/app/service-accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { type RulesFile, writeRules } from '../support/gateway/rules-file.js';
import { ManualClock } from '../support/time/manual-clock.js';

const RULES = {
  app: { access: 'signed-in', audience: 'app' },
  site: { access: 'anonymous', audience: 'site', credentials: ['cookie'] },
  reports: { access: 'signed-in', audience: 'reports', roles: ['admin'], scopes: ['reports:read'] },
  machines: { access: 'signed-in', audience: 'machines', scopes: ['reports:read', 'reports:write'] },
  services: { access: 'signed-in', audience: 'services', roles: [], scopes: ['reports:read'] },
  fresh: { access: 'signed-in', audience: 'fresh', maxAgeSeconds: 60 },
  strong: { access: 'signed-in', audience: 'strong', acr: 'aal2' },
  pages: { access: 'signed-in', audience: 'pages', login: 'redirect' },
  shared: { access: 'signed-in', audience: 'shared', preflight: true },
  limited: {
    access: 'anonymous',
    limits: [
      { name: 'burst', limit: 3, windowSeconds: 60, by: 'caller', exact: true },
      { name: 'place', limit: 5, windowSeconds: 60, by: 'address', exact: true },
    ],
  },
};

/** The trail is written behind the answer; a busy machine takes a little longer. */
const SLOW = { timeout: 10_000 };

const KEY = '0197a1b2-0000-7000-8000-000000000003';
const SERVICE = '0197a1b2-0000-7000-8000-000000000002';
const GET = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/reports?month=11' };

describe('the gateway', () => {
  const clock = new ManualClock(Date.now());
  let rules: RulesFile;
  let app: TestApp;
  let person: Tokens;

  beforeAll(async () => {
    rules = await writeRules(RULES);
    app = await startApp({
      clock,
      variables: {
        GATEWAY_PEERS: '127.0.0.1',
        GATEWAY_RULES_FILE: rules.path,
        GATEWAY_ORIGINS: 'http://localhost:8000',
        LOGIN_URL: 'https://id.example.org/login?theme=dark',
        TRUSTED_PROXIES: '127.0.0.1',
        RATE_LIMIT_GATE: '50/60',
        RATE_LIMIT_ADDRESS: '4/60',
      },
    });
    app.app.get(BearerReaders, { strict: false }).register({
      accepts: (token) => token.startsWith('test_'),
      read: async (token): Promise<Principal> => {
        const scopes = token.split('.').slice(1);
        const shared = { keyId: KEY, scopes, expiresAt: 4_000_000_000 };
        if (token.startsWith('test_key'))
          return { kind: 'api-key', userId: person.user.id, roles: ['user', 'admin'], ...shared };
        if (token.startsWith('test_service'))
          return { kind: 'service-account', serviceAccountId: SERVICE, ...shared };
        throw new TokenRefused('unknown_key');
      },
    });
    person = await newPerson();
  });
  afterAll(async () => {
    await app.close();
    await rules.remove();
  });

  let address = 0;
  /** Each request of it comes from an address of its own, because a busy machine makes it try again. */
  const fromAnywhere = (): TestApp => ({
    ...app,
    call: (request) =>
      app.call({
        ...request,
        headers: { ...request.headers, 'x-forwarded-for': `2001:db8:${(address += 1).toString(16)}::1` },
      }),
  });
  const newPerson = () => createPerson(fromAnywhere());
  /** Every request comes from a client of its own, unless it names one. */
  const ask = (rule: string, { headers, ...request }: Omit<TestRequest, 'url'> = {}) =>
    app.call({
      ...request,
      url: `/gate/${rule}`,
      headers: { 'x-forwarded-for': `2001:db8:${(address += 1).toString(16)}::1`, ...GET, ...headers },
    });
  const identityOf = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
    IDENTITY_HEADERS.slice(0, -1).map((name) => headers[name]);
  const statusOf = async (...request: Parameters<typeof ask>) => {
    const answer = await ask(...request);
    return answer.statusCode < 400 ? answer.statusCode : `${answer.statusCode} ${String(answer.json().code)}`;
  };
  const recorded = (requestId: unknown, table = 'audit_events') =>
    asSuperuser<Record<string, unknown>>(app.database, `SELECT * FROM ${table} WHERE request_id = $1`, [
      requestId,
    ]);

  it('answers with the whole identity of a person, and an assertion that the public keys verify', async () => {
    const answer = await ask('app', { token: person.accessToken });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(identityOf(answer)).toEqual([person.user.id, person.session.id, 'user', '', 'aal1', '']);

    const [head = '', body = '', signature = ''] = String(answer.headers['x-portcullis-assertion']).split(
      '.',
    );
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string };
    const { keys } = (await app.call({ url: '/.well-known/jwks.json' })).json<{ keys: { kid: string }[] }>();
    const key = createPublicKey({ key: keys.find(({ kid }) => kid === header.kid)!, format: 'jwk' });
    expect(
      verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true);
    expect(header).toMatchObject({ typ: 'assertion+jwt', alg: 'ES256' });
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iat: number; exp: number };
    expect(claims).toEqual({
      iss: 'http://localhost:3000',
      aud: 'app',
      sub: person.user.id,
      sid: person.session.id,
      roles: ['user'],
      scope: '',
      acr: 'aal1',
      rule: 'app',
      jti: expect.any(String) as string,
      iat: claims.iat,
      exp: claims.iat + 60,
    });
    // It opens nothing of the service itself.
    const assertion = String(answer.headers['x-portcullis-assertion']);
    expect((await app.call({ url: '/users/me', token: assertion })).statusCode).toBe(401);
  });

  it('signs at most once in 30 s for each caller and rule', async () => {
    const assertion = async (rule: string) =>
      (await ask(rule, { token: person.accessToken })).headers['x-portcullis-assertion'];
    const first = await assertion('app');
    expect(await assertion('app')).toBe(first);
    expect(await assertion('fresh')).not.toBe(first);
    clock.advance(31_000);
    expect(await assertion('app')).not.toBe(first);
  });

  it('answers requests of any method and below the rule, whatever the body, the type or the query', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'] as const) {
      for (const path of [
        'app',
        'app?x=1&rule=site',
        'app/',
        'app/some/../path%2f?q',
        'app/files/100%',
        'app/%zz%ff?%',
      ]) {
        const answer = await app.app.inject({
          method: method as 'GET',
          url: `/gate/${path}`,
          headers: { authorization: `Bearer ${person.accessToken}`, 'content-type': 'text/nothing;;;' },
        });
        expect([method, path, answer.statusCode]).toEqual([method, path, 200]);
      }
    }
    expect(await statusOf('app', { method: 'POST', token: person.accessToken, body: 'a=b' })).toBe(200);
    const preflight = { origin: 'http://localhost:8000', 'access-control-request-method': 'GET' };
    expect(await statusOf('app', { method: 'OPTIONS', headers: preflight })).toBe('401 unauthenticated');
  });

  it('judges requests of every method that Node.js can read, as Envoy describes them', async () => {
    // CONNECT opens a tunnel, which is never a request to an application behind the gateway.
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    const cookie = { cookie: `access_token=${person.accessToken}`, origin: 'https://evil.example' };
    const outcomes = await Promise.all(
      methods.map(async (method) => {
        const send = async (headers: Record<string, string>) => {
          const from = { 'x-forwarded-for': `2001:db8:${(address += 1).toString(16)}::1` };
          const request = { method: method as 'GET', url: '/gate/app/calendar' };
          return (await app.app.inject({ ...request, headers: { ...from, ...headers } })).statusCode;
        };
        const bearer = await send({ authorization: `Bearer ${person.accessToken}` });
        return [method, bearer, await send(cookie), await send({})];
      }),
    );
    expect(outcomes).toEqual(
      methods.map((method) => [method, 200, ['GET', 'HEAD', 'OPTIONS'].includes(method) ? 200 : 403, 401]),
    );
  });

  it('tells people by roles, and keys and service accounts by scopes, and never roles of a key', async () => {
    const table = [
      ['app', person.accessToken, 200],
      ['app', 'test_key.reports:read', '403 forbidden'],
      ['reports', person.accessToken, '403 forbidden'],
      ['reports', 'test_key.reports:read', 200],
      ['machines', person.accessToken, '403 forbidden'],
      ['machines', 'test_service.other.reports:write', 200],
      ['machines', 'test_service.reports', '403 forbidden'],
      ['machines', 'test_bad', '401 invalid_token'],
      ['fresh', 'test_key.reports:read', '403 forbidden'],
    ] as const;
    for (const [rule, token, expected] of table)
      expect([rule, token, await statusOf(rule, { token })]).toEqual([rule, token, expected]);
    const accounts = await ServiceAccountsOf.of(fromAnywhere());
    const machine = await accounts.create('reports:read');
    const token = await clientToken(fromAnywhere(), machine);
    const byToken = await ask('reports', { token });
    expect([byToken.statusCode, ...identityOf(byToken)]).toEqual([
      200,
      machine.id,
      '',
      '',
      'reports:read',
      '',
      machine.keyId,
    ]);
    expect(identityOf(await ask('reports', { token: 'test_key.reports:read.a:b' }))).toEqual([
      person.user.id,
      '',
      '',
      'reports:read a:b',
      '',
      KEY,
    ]);
    expect(identityOf(await ask('machines', { token: 'test_service.reports:read' }))[0]).toBe(SERVICE);
  });

  it('gives nobody by the scope of a key that they chose themselves what they may not do in a session', async () => {
    const administrator = await createPerson(fromAnywhere(), { roles: ['admin'] });
    const [{ key: ofAnybody }, { key: ofAdministrator }] = [
      await createKey(fromAnywhere(), person, { scopes: ['reports:read'] }),
      await createKey(fromAnywhere(), administrator, { scopes: ['reports:read', 'orders:read'] }),
    ];
    const { key: ofService } = await (await ServiceAccountsOf.of(fromAnywhere())).create('reports:read');
    const table = [
      ['reports', person.accessToken, '403 forbidden'],
      ['reports', ofAnybody, '403 forbidden'],
      ['reports', ofAdministrator, 200],
      ['reports', ofService, 200],
      // Such a rule has no roles that could be missing.
      ['machines', ofAnybody, 200],
      ['services', administrator.accessToken, '403 forbidden'],
      ['services', ofAdministrator, '403 forbidden'],
      ['services', ofService, 200],
    ] as const;
    for (const [rule, token, expected] of table)
      expect([rule, token, await statusOf(rule, { token })]).toEqual([rule, token, expected]);

    const refused = await ask('reports', { token: ofAnybody });
    expect(refused.headers['www-authenticate']).toContain('insufficient_scope');
    await expect
      .poll(() => recorded(refused.headers['x-request-id']), SLOW)
      .toMatchObject([
        { type: 'authz_fail', user_id: person.user.id, details: { rule: 'reports', required: ['admin'] } },
      ]);
  });

  it('says in the assertion of a person’s key which roles its owner has, and in no header', async () => {
    const { key } = await createKey(fromAnywhere(), person, { scopes: ['reports:read'] });
    const answer = await ask('machines', { token: key });
    expect(answer.headers['x-portcullis-roles']).toBe('');
    expect(claimsOf(String(answer.headers['x-portcullis-assertion']))).toMatchObject({
      roles: [],
      owner_roles: ['user'],
    });
    const { key: ofService } = await (await ServiceAccountsOf.of(fromAnywhere())).create('reports:read');
    const ofAccount = await ask('machines', { token: ofService });
    expect(claimsOf(String(ofAccount.headers['x-portcullis-assertion']))).not.toHaveProperty('owner_roles');
  });

  it('asks for a recent proof and for a level in the terms of a step-up', async () => {
    const other = await newPerson();
    expect(await statusOf('fresh', { token: other.accessToken })).toBe(200);
    clock.advance(61_000);
    const stale = await ask('fresh', { token: other.accessToken });
    expect(stale.json()).toMatchObject({ code: 'insufficient_user_authentication', methods: ['password'] });
    expect(stale.headers['www-authenticate']).toContain('max_age="60"');
    const weak = await ask('strong', { token: other.accessToken });
    expect([weak.statusCode, weak.headers['www-authenticate']]).toEqual([
      401,
      'Bearer error="insufficient_user_authentication", acr_values="aal2"',
    ]);
  });

  it('treats a caller without a good credential as nobody where everybody may pass', async () => {
    const nobody = ['', '', '', '', '', ''];
    const broken = { 'x-forwarded-for': '192.0.2.9' };
    const bad: Record<string, string>[] = [
      {},
      { access_token: 'x' },
      { access_token: person.accessToken.slice(0, -2) },
    ];
    for (const cookies of bad)
      expect(identityOf(await ask('site', { cookies, headers: broken }))).toEqual(nobody);
    // The rule looks at cookies only, so a header is of no use and does no harm.
    expect(identityOf(await ask('site', { token: person.accessToken }))).toEqual(nobody);
    const cookies = { access_token: person.accessToken };
    expect(identityOf(await ask('site', { cookies, headers: { authorization: 'Bearer x' } }))[0]).toBe(
      person.user.id,
    );
    const answer = await ask('site', { cookies });
    expect(answer.headers['x-portcullis-assertion']).toMatch(/^ey/);
  });

  it('ends with the session at once', async () => {
    const other = await newPerson();
    expect(await statusOf('app', { token: other.accessToken })).toBe(200);
    await app.call({ method: 'POST', url: '/auth/logout', token: other.accessToken });
    expect(await statusOf('app', { token: other.accessToken })).toBe('401 session_ended');
    const cookies = { access_token: other.accessToken };
    expect(identityOf(await ask('site', { cookies }))[0]).toBe('');
  });

  it('applies the CSRF rule to the forwarded method, where a cookie is the credential', async () => {
    const cookies = { access_token: person.accessToken };
    const forwarded = (method?: string, more: Record<string, string> = {}) => ({
      headers: { 'x-forwarded-method': method ?? '', ...more },
    });
    const evil = { origin: 'https://evil.example' };
    const table = [
      [cookies, forwarded('GET', evil), 200],
      [cookies, forwarded('POST', evil), '403 csrf_rejected'],
      [cookies, forwarded('POST'), '403 csrf_rejected'],
      [cookies, forwarded('GET, GET'), '403 csrf_rejected'],
      [cookies, forwarded('get'), '403 csrf_rejected'],
      [cookies, forwarded(), '403 csrf_rejected'],
      [cookies, forwarded('GET', { ...evil, upgrade: 'websocket' }), '403 csrf_rejected'],
      // Traefik removes Upgrade from its question.
      [cookies, forwarded('GET', { ...evil, 'sec-websocket-key': 'AAAA' }), '403 csrf_rejected'],
      [cookies, forwarded('GET', { ...evil, 'sec-fetch-mode': 'websocket' }), '403 csrf_rejected'],
      [
        cookies,
        forwarded('GET', { 'sec-fetch-site': 'same-site', 'sec-websocket-key': 'AAAA' }),
        '403 csrf_rejected',
      ],
      [cookies, forwarded('GET', { origin: 'http://localhost:8000', 'sec-websocket-key': 'AAAA' }), 200],
      [cookies, forwarded('POST', { origin: 'http://localhost:8000' }), 200],
      [cookies, forwarded('POST', { origin: 'http://localhost:3000' }), 200],
      [cookies, forwarded('POST', { 'sec-fetch-site': 'same-origin' }), 200],
      [cookies, forwarded('POST', { 'sec-fetch-site': 'same-site' }), '403 csrf_rejected'],
      [{}, forwarded('POST', { ...evil, authorization: `Bearer ${person.accessToken}` }), 200],
      [{}, forwarded('POST', evil), '401 unauthenticated'],
    ] as const;
    for (const [jar, request, expected] of table)
      expect([request, await statusOf('app', { cookies: jar, ...request })]).toEqual([request, expected]);
    // Without a path below the rule, the method of the forward-auth request says nothing.
    const bare = await app.app.inject({
      url: '/gate/app',
      cookies,
      headers: { 'x-forwarded-for': '192.0.2.77' },
    });
    expect(bare.statusCode).toBe(403);
    const below = await app.app.inject({
      url: '/gate/app/',
      cookies,
      headers: { 'x-forwarded-for': '192.0.2.77' },
    });
    expect(below.statusCode).toBe(200);
  });

  it('lets a preflight pass without a credential only where the rule says so', async () => {
    const headers = { 'x-forwarded-method': 'OPTIONS', 'access-control-request-method': 'PUT' };
    expect(identityOf(await ask('shared', { headers }))).toEqual(['', '', '', '', '', '']);
    expect(await statusOf('shared', { headers: { ...headers, authorization: 'Bearer x' } })).toBe(
      '401 invalid_token',
    );
    expect(await statusOf('shared', { headers: { 'x-forwarded-method': 'OPTIONS' } })).toBe(
      '401 unauthenticated',
    );
    expect(await statusOf('app', { headers })).toBe('401 unauthenticated');
  });

  it('redirects navigations to the login, with the exact address to return to', async () => {
    const forwarded = {
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'localhost:8000',
      accept: 'text/html,*/*',
    };
    const answer = await ask('pages', { headers: forwarded });
    expect(answer.statusCode).toBe(302);
    expect(answer.headers['location']).toBe(
      'https://id.example.org/login?theme=dark&rd=http%3A%2F%2Flocalhost%3A8000%2Freports%3Fmonth%3D11',
    );
    const others: Record<string, string>[] = [
      { 'x-forwarded-method': 'POST' },
      { accept: 'application/json' },
      { 'sec-fetch-mode': 'cors' },
      { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-host': 'localhost:8000, localhost:8000' },
      { 'x-forwarded-host': 'localhost:8000@evil.example' },
      { 'x-forwarded-proto': 'https' },
      { 'x-forwarded-uri': 'x' },
      { 'x-forwarded-uri': '/a, /b' },
    ];
    for (const headers of others)
      expect([headers, await statusOf('pages', { headers: { ...forwarded, ...headers } })]).toEqual([
        headers,
        '401 unauthenticated',
      ]);
    expect(
      (await ask('pages', { headers: { ...forwarded, accept: '*/*', 'sec-fetch-mode': 'navigate' } }))
        .statusCode,
    ).toBe(302);
    expect(await statusOf('app', { headers: forwarded })).toBe('401 unauthenticated');
  });

  it('lets anybody pass by a token whose account is gone, and records the pass by the id alone', async () => {
    const gone = await newPerson();
    const deleted = { method: 'DELETE', url: '/users/me', token: gone.accessToken } as const;
    expect((await fromAnywhere().call(deleted)).statusCode).toBe(204);
    const answer = await ask('site', { cookies: { access_token: gone.accessToken } });
    expect([answer.statusCode, identityOf(answer)[0]]).toEqual([200, '']);
    await expect
      .poll(() => recorded(answer.headers['x-request-id'], 'audit_calls'), SLOW)
      .toMatchObject([{ user_id: gone.user.id, address: null, user_agent: null }]);
  });

  it('peer fault 60: leads back from a login to listed origins only', async () => {
    const go = (rd: string) =>
      app.call({
        url: `/gateway/redirect?rd=${encodeURIComponent(rd)}`,
        headers: { 'x-forwarded-for': `2001:db8:f:${(address += 1)}::1` },
      });
    const answer = await go('http://localhost:8000/reports?month=11#top');
    expect([answer.statusCode, answer.headers['location']]).toEqual([
      303,
      'http://localhost:8000/reports?month=11#top',
    ]);
    const refused = [
      'http://localhost:80000/',
      'http://localhost:8000.evil.example/',
      'http://localhost:8000@evil.example/',
      'http://x@localhost:8000/',
      'https://localhost:8000/',
      'javascript:alert(1)//http://localhost:8000/',
      'blob:http://localhost:8000/x',
      '//localhost:8000/',
      '/reports',
      '',
    ];
    for (const rd of refused) expect([rd, (await go(rd)).statusCode]).toEqual([rd, 400]);
    expect((await go('http:\\\\localhost:8000\\x')).headers['location']).toBe('http://localhost:8000/x');
    expect(
      (
        await app.call({
          url: '/gateway/redirect?rd=http://localhost:8000/&rd=http://localhost:8000/',
          headers: { 'x-forwarded-for': '192.0.2.91' },
        })
      ).statusCode,
    ).toBe(400);
  });

  it('counts the limits of a rule for each caller and address, and names the rule', async () => {
    const asPerson = (host: string) => ({ token: person.accessToken, headers: { 'x-forwarded-for': host } });
    const statuses: unknown[] = [];
    for (const host of ['192.0.2.31', '192.0.2.32', '192.0.2.33', '192.0.2.34'])
      statuses.push((await ask('limited', asPerson(host))).statusCode);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await ask('limited', asPerson('192.0.2.35'));
    expect(refused.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['limited:burst'] });
    expect(refused.headers).toMatchObject({
      'ratelimit-policy': '"gate";q=50;w=60, "limited:burst";q=3;w=60, "limited:place";q=5;w=60',
      'retry-after': expect.stringMatching(/^\d+$/) as string,
    });
    await expect
      .poll(() => recorded(refused.headers['x-request-id']), SLOW)
      .toMatchObject([
        { type: 'excess_rate_limit_exceeded', details: { policies: ['limited:burst'], rule: 'limited' } },
      ]);
    const nobody = [];
    for (let n = 0; n < 4; n += 1)
      nobody.push((await ask('limited', { headers: { 'x-forwarded-for': '192.0.2.36' } })).statusCode);
    expect(nobody).toEqual([200, 200, 200, 429]);
  });

  it('counts in gate by address, and in address only with a credential that is not good', async () => {
    const from = (host: string) => ({ headers: { 'x-forwarded-for': host } });
    for (let n = 0; n < 50; n += 1) expect((await ask('site', from('192.0.2.41'))).statusCode).toBe(200);
    const refused = await ask('site', from('192.0.2.41'));
    expect(refused.json()).toMatchObject({ 'violated-policies': ['gate'] });
    const guess = { cookies: { access_token: 'x.y.z' }, ...from('192.0.2.42') };
    const guesses = [];
    for (let n = 0; n < 5; n += 1) guesses.push((await ask('site', guess)).statusCode);
    expect(guesses).toEqual([200, 200, 200, 200, 429]);
    expect((await ask('site', from('192.0.2.42'))).statusCode).toBe(200);
  });

  it('records passes with what the proxy told, without the query, and refusals with the rule', async () => {
    const passed = await ask('app', { token: person.accessToken });
    const call = { route: '/gate/:rule', status: 200, user_id: person.user.id, method: 'GET' };
    await expect
      .poll(() => recorded(passed.headers['x-request-id'], 'audit_calls'), SLOW)
      .toMatchObject([{ ...call, details: { rule: 'app', method: 'GET', path: '/reports' } }]);
    const refused = await ask('app');
    await expect
      .poll(() => recorded(refused.headers['x-request-id']), SLOW)
      .toMatchObject([
        { type: 'authz_fail', reason: 'unauthenticated', details: { rule: 'app', required: [] } },
      ]);
  });

  it('refuses an unknown rule, spelled in any way, with an alert about the proxy', async () => {
    const spellings = ['unknown', 'APP', 'app%20', 'app;x=1', 'app%2f', '__proto__', 'constructor'];
    for (const name of [...spellings, 'a'.repeat(2000)])
      expect([name, await statusOf(name, { token: person.accessToken })]).toEqual([name, '403 forbidden']);
    await expect
      .poll(
        () =>
          asSuperuser(
            app.database,
            `SELECT rule, subject, severity FROM monitoring_alert WHERE rule = 'gateway_unknown_rule'`,
          ),
        SLOW,
      )
      .toEqual([{ rule: 'gateway_unknown_rule', subject: 'peer:127.0.0.1', severity: 'warning' }]);
  });

  it('records no more of an unknown rule than the limit of the address admits', async () => {
    const from = { headers: { 'x-forwarded-for': '192.0.2.51' } };
    const statuses: number[] = [];
    for (let n = 0; n < 50; n += 1) statuses.push((await ask('nosuch', from)).statusCode);
    expect(statuses).toEqual(Array.from({ length: 50 }, (_, n) => (n < 4 ? 403 : 429)));
    const entries = () =>
      asSuperuser(app.database, `SELECT type, details FROM audit_events WHERE details->>'rule' = 'nosuch'`);
    const details = { rule: 'nosuch', peer: '127.0.0.1' };
    const expected = Array.from({ length: 4 }, () => ({ type: 'gateway_rule_unknown', details }));
    // A later entry is written after these.
    expect((await ask('nosuch2')).statusCode).toBe(403);
    await expect
      .poll(
        () => asSuperuser(app.database, `SELECT type FROM audit_events WHERE details->>'rule' = 'nosuch2'`),
        SLOW,
      )
      .toHaveLength(1);
    expect(await entries()).toEqual(expected);
  });

  it('gives nginx a status that it understands, with the true one and the problem beside it', async () => {
    const headers = { 'x-portcullis-proxy': 'nginx' };
    const refused = await ask('app', { headers });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['x-portcullis-status']).toBe('401');
    expect(JSON.parse(String(refused.headers['x-portcullis-problem']))).toEqual(refused.json());
    const guess = { headers: { ...headers, 'x-forwarded-for': '192.0.2.51' }, token: 'x' };
    let last = await ask('app', guess);
    for (let n = 0; n < 4; n += 1) last = await ask('app', guess);
    expect([last.statusCode, last.headers['x-portcullis-status'], last.headers['retry-after']]).toEqual([
      403,
      '429',
      expect.stringMatching(/^\d+$/),
    ]);
    await expect
      .poll(() => recorded(last.headers['x-request-id'], 'audit_calls'), SLOW)
      .toMatchObject([{ status: 429, reason: 'rate_limited' }]);
    const forwarded = {
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'localhost:8000',
      accept: 'text/html',
    };
    const login = await ask('pages', { headers: { ...headers, ...forwarded } });
    expect([login.statusCode, login.headers['x-portcullis-status']]).toEqual([401, '302']);
    expect(login.headers['location']).toContain('rd=');
    expect(
      (await ask('app', { headers, token: person.accessToken })).headers['x-portcullis-status'],
    ).toBeUndefined();
  });
});

describe('a gateway without peers', () => {
  it('does not exist for anybody', async () => {
    const app = await startApp();
    for (const url of ['/gate/app', '/gate/app/x', '/gate/']) {
      const answer = await app.call({ url });
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
    }
    await app.close();
  });
});
