import type { LightMyRequestResponse } from 'fastify';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { PlatformErrors } from '../../src/platform/errors/platform.errors.js';
import { Problem } from '../../src/platform/errors/problem.js';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { signUp } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { createKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { basic, claimsOf, clientToken, type OAuthRequest, postForm } from '../support/app/oauth.js';
import { type Machine, ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';

/** The bound within which a change reaches every instance, milliseconds. */
const WITHIN_MS = 1000;
const GRANT = { grant_type: 'client_credentials' };
const NIL = '00000000-0000-7000-8000-000000000000';

describe('the token endpoint', () => {
  let here: TestApp;
  let there: TestApp;
  let accounts: ServiceAccountsOf;
  let machine: Machine;
  beforeAll(async () => {
    here = await startApp();
    there = await startBeside(here);
    accounts = await ServiceAccountsOf.of(here);
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });
  beforeEach(async () => {
    machine = await accounts.create('audit:read', 'orders:read');
  });

  const token = (form: Record<string, string> | string, request: OAuthRequest = {}) =>
    postForm(here, '/oauth/token', form, request);
  const error = (answer: LightMyRequestResponse) => [
    answer.statusCode,
    answer.json<{ error: string }>().error,
  ];
  const statusOf = async (app: TestApp, bearer: string, url = '/audit/seals') => {
    const answer = await app.call({ url, token: bearer });
    return answer.statusCode < 400 ? '200' : answer.json<{ code: string }>().code;
  };
  const expectEverywhere = async (bearer: string, expected: string) => {
    for (const app of [here, there])
      await expect.poll(() => statusOf(app, bearer), { timeout: WITHIN_MS, interval: 30 }).toBe(expected);
  };

  it('gives a service account a token of RFC 9068 that is accepted where its key is', async () => {
    const answer = await token(GRANT, { client: machine });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    const { access_token, ...rest } = answer.json<Record<string, string>>();
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 900, scope: 'audit:read orders:read' });
    const { jti, iat, exp, ...claims } = claimsOf(access_token!);
    expect(claims).toEqual({
      iss: here.environment.JWT_ISSUER,
      aud: here.environment.JWT_AUDIENCE,
      sub: machine.id,
      client_id: machine.id,
      key: machine.keyId,
      scope: 'audit:read orders:read',
    });
    expect([typeof jti, Number(exp) - Number(iat)]).toEqual(['string', 900]);
    const [header] = access_token!.split('.');
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toMatchObject({ typ: 'at+jwt' });
    await expectEverywhere(access_token!, '200');
    expect(await statusOf(here, access_token!, '/alerts')).toBe('forbidden');
    expect(await statusOf(here, access_token!, '/users/me')).toBe('forbidden');
  });

  it('takes the id and the key in the form, or encoded in Basic', async () => {
    const inForm = { ...GRANT, client_id: machine.id, client_secret: machine.key };
    expect((await token(inForm)).statusCode).toBe(200);
    const encoded = basic(machine.id.replaceAll('-', '%2D'), machine.key.replaceAll('_', '%5F'));
    expect((await token(GRANT, { headers: { authorization: encoded } })).statusCode).toBe(200);
    const named = { ...GRANT, client_id: machine.id };
    expect((await token(named, { client: machine })).statusCode).toBe(200);
    const unknown = { ...GRANT, resource: 'https://api.example.com', state: '' };
    expect((await token(unknown, { client: machine })).statusCode).toBe(200);
  });

  it('grants the scopes that are asked for, and never one that key or account does not have', async () => {
    const narrow = await accounts.keyOf(machine, ['orders:read', 'users:write']);
    const scopeOf = async (form: object) => {
      const answer = await token({ ...GRANT, ...form }, { client: narrow });
      return answer.statusCode === 200 ? answer.json<{ scope: string }>().scope : error(answer)[1];
    };
    expect(await scopeOf({})).toBe('orders:read');
    expect(await scopeOf({ scope: 'orders:read' })).toBe('orders:read');
    expect(await scopeOf({ scope: 'orders:read orders:read' })).toBe('orders:read');
    for (const scope of [
      'users:write',
      'audit:read',
      'orders:read users:write',
      'x',
      ' orders:read',
      'a"b',
      'é',
    ])
      expect([scope, await scopeOf({ scope })]).toEqual([scope, 'invalid_scope']);
    const useless = await accounts.keyOf(machine, ['users:write']);
    expect(error(await token(GRANT, { client: useless }))).toEqual([400, 'invalid_scope']);
  });

  it('peer fault 59: answers all credentials that are not good alike, whether or not the id is known', async () => {
    const disabled = await accounts.create('a:b');
    await accounts.change(disabled, { disabled: true });
    const revoked = await accounts.create('a:b');
    await accounts.revokeKey(revoked);
    const deleted = await accounts.create('a:b');
    await accounts.call(`/${deleted.id}`, { method: 'DELETE' });
    const person = await createPerson(here);
    const own = await createKey(here, person);
    const other = await accounts.create('a:b');
    const mistyped = `${machine.key.slice(0, -1)}${machine.key.endsWith('0') ? '1' : '0'}`;
    const pairs = {
      'a disabled account': [disabled.id, disabled.key],
      'a revoked key': [revoked.id, revoked.key],
      'a deleted account': [deleted.id, deleted.key],
      'an unknown account': [NIL, machine.key],
      'the key of another account': [machine.id, other.key],
      'the key of a person': [person.user.id, own.key],
      'a mistyped key': [machine.id, mistyped],
      'a password': [machine.id, 'hunter2'],
      'no key': [machine.id, ''],
      'the token of a person': [person.user.id, person.accessToken],
      'a long key': [machine.id, 'ptc_s_'.padEnd(30_000, 'a')],
    } as const;
    for (const [what, [id, key]] of Object.entries(pairs)) {
      for (const answer of [
        ...(key.length > 8000 ? [] : [await token(GRANT, { client: { id, key } })]),
        await token({ ...GRANT, client_id: id, client_secret: key }),
      ]) {
        expect([what, answer.statusCode, answer.headers['www-authenticate'], answer.json()]).toEqual([
          what,
          401,
          'Basic realm="portcullis", charset="UTF-8"',
          {
            error: 'invalid_client',
            error_description: 'The client is not authenticated: unknown, wrong or no credentials.',
          },
        ]);
        expect(answer.headers['content-type']).toBe('application/json');
      }
    }
    for (const authorization of [
      'Basic',
      'Basic !',
      `Basic ${machine.key}`,
      `Bearer ${machine.key}`,
      'Digest a="b"',
    ])
      expect(error(await token(GRANT, { headers: { authorization } }))).toEqual([401, 'invalid_client']);
    expect(error(await token({ ...GRANT, client_id: machine.id }))).toEqual([401, 'invalid_client']);
  });

  it('refuses two proofs at once, and parameters that come twice', async () => {
    const twice = { ...GRANT, client_id: machine.id, client_secret: machine.key };
    for (const authorization of [
      basic(machine.id, machine.key),
      `Bearer ${machine.key}`,
      `${basic(machine.id, machine.key)}, Bearer ${machine.key}`,
    ])
      expect(error(await token(twice, { headers: { authorization } }))).toEqual([400, 'invalid_request']);
    const [client] = [machine];
    expect(error(await token({ ...GRANT, client_id: NIL }, { client }))).toEqual([400, 'invalid_request']);
    const assertion = { ...GRANT, client_assertion: 'a.b.c' };
    expect(error(await token(assertion, { client }))).toEqual([400, 'invalid_request']);
    for (const form of [
      'grant_type=client_credentials&grant_type=client_credentials',
      'grant_type=client_credentials&grant_type=password',
      'grant_type=client_credentials&scope=orders:read&scope=audit:read',
      'grant_type=client_credentials&sc%6fpe=orders:read&scope=',
      'grant_type=client_credentials&unknown=1&unknown=2',
    ])
      expect([form, ...error(await token(form, { client }))]).toEqual([form, 400, 'invalid_request']);
  });

  it('reads no secret from the URL, whatever else is sent', async () => {
    const query = `?client_id=${machine.id}&client_secret=${machine.key}`;
    expect(error(await token(GRANT, { query }))).toEqual([400, 'invalid_request']);
    expect(error(await token(GRANT, { query: '?scope=orders:read', client: machine }))).toEqual([
      400,
      'invalid_request',
    ]);
  });

  it('takes nothing but a form, and no other route takes one', async () => {
    const { key, id } = machine;
    const others: Record<string, string>[] = [
      { 'content-type': 'application/json' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-encoding': 'gzip' },
    ];
    for (const headers of others) {
      const answer = await token(JSON.stringify(GRANT), { client: machine, headers });
      expect([headers, ...error(answer)]).toEqual([headers, 400, 'invalid_request']);
    }
    const inJson = { ...GRANT, client_id: id, client_secret: key };
    const headers = { 'content-type': 'application/json' };
    expect(error(await token(JSON.stringify(inJson), { headers }))).toEqual([400, 'invalid_request']);
    expect(error(await token('grant_type=%zz', { client: machine }))).toEqual([400, 'invalid_request']);
    const login = await postForm(here, '/auth/login', { email: 'ada@example.com', password: 'x' });
    expect([login.statusCode, login.json().code]).toEqual([415, 'unsupported_media_type']);
  });

  it('answers 503 in that form while PostgreSQL cannot be asked', async () => {
    const broken = vi
      .spyOn(here.app.get(TransactionRunner), 'run')
      .mockRejectedValue(new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 2 }));
    const answer = await token(GRANT, { client: machine });
    broken.mockRestore();
    expect([...error(answer), answer.headers['retry-after']]).toEqual([503, 'temporarily_unavailable', '2']);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('peer faults 6 and 7: has no code of a device or an authorization that could be used twice, and names what is not supported', async () => {
    expect(error(await token('', { client: machine }))).toEqual([400, 'invalid_request']);
    expect(error(await token({ scope: 'a:b' }, { client: machine }))).toEqual([400, 'invalid_request']);
    for (const grant_type of [
      'password',
      'authorization_code',
      'urn:ietf:params:oauth:grant-type:device_code',
      'refresh_token',
      'Client_Credentials',
    ])
      expect(error(await token({ grant_type }, { client: machine }))).toEqual([
        400,
        'unsupported_grant_type',
      ]);
  });

  it('sends all errors in the form of RFC 6749, also those before the guards', async () => {
    const large = await token({ ...GRANT, state: 'x'.repeat(70_000) }, { client: machine });
    expect(error(large)).toEqual([413, 'invalid_request']);
    const method = await here.call({ url: '/oauth/token' });
    expect([...error(method), method.headers['allow']]).toEqual([405, 'invalid_request', 'POST']);
    const page = await token(GRANT, { client: machine, headers: { origin: 'https://evil.example' } });
    expect(error(page)).toEqual([403, 'access_denied']);
    expect((await here.call({ url: '/oauth/tokens', method: 'POST' })).json().code).toBe('not_found');
    for (const answer of [large, method, page])
      expect(Object.keys(answer.json<object>())).toEqual(['error', 'error_description']);
  });

  it.each([
    ['its key is revoked', () => accounts.revokeKey(machine), 'invalid_token'],
    ['its account is disabled', () => accounts.change(machine, { disabled: true }), 'invalid_token'],
    ['its account is deleted', () => accounts.call(`/${machine.id}`, { method: 'DELETE' }), 'invalid_token'],
    ['a scope is taken away', () => accounts.change(machine, { scopes: ['audit:read'] }), 'invalid_token'],
    ['its account is renamed', () => accounts.change(machine, { name: 'Other' }), '200'],
    [
      'a scope is added',
      () => accounts.change(machine, { scopes: ['audit:read', 'orders:read', 'a:b'] }),
      '200',
    ],
  ])('issues tokens that are judged within a second when %s', async (_what, change, expected) => {
    const bearer = await clientToken(here, machine);
    await expectEverywhere(bearer, '200');
    await change();
    await expectEverywhere(bearer, expected);
  });

  it('issues good tokens in the second in which others were voided, which stay void', async () => {
    const before = await clientToken(here, machine);
    await expectEverywhere(before, '200');
    await accounts.change(machine, { disabled: true });
    await accounts.change(machine, { disabled: false });
    const first = await clientToken(there, machine);
    await accounts.change(machine, { scopes: ['audit:read'] });
    await accounts.change(machine, { scopes: ['audit:read', 'orders:read'] });
    const second = await clientToken(there, machine);
    const issued = [before, first, second].map((bearer) => Number(claimsOf(bearer)['iat']));
    expect(issued[0]!).toBeLessThan(issued[1]!);
    expect(issued[1]!).toBeLessThan(issued[2]!);
    await expectEverywhere(before, 'invalid_token');
    await expectEverywhere(first, 'invalid_token');
    await expectEverywhere(second, '200');
  });

  it('does not issue what a change that is being committed takes away', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const one = await accounts.create('audit:read', 'orders:read');
        const [, ...tokens] = await Promise.all([
          accounts.change(one, { scopes: ['orders:read'] }),
          ...Array.from({ length: 4 }, () => clientToken(there, one)),
        ]);
        return { one, tokens };
      }),
    );
    for (const { one, tokens } of rounds) {
      const [row] = await asSuperuser<{ second: number }>(
        here.database,
        'SELECT floor(extract(epoch FROM reduced_at))::int AS second FROM api_keys WHERE id = $1',
        [one.keyId],
      );
      for (const bearer of tokens) {
        const { iat, scope } = claimsOf(bearer);
        const isOfBefore = String(scope).includes('audit:read');
        expect([scope, Number(iat) <= row!.second]).toEqual([scope, isOfBefore]);
      }
    }
  });

  it('records tokens and failures with the key, and never the key itself', async () => {
    const answer = await token(GRANT, { client: machine });
    const wrong = await token(GRANT, { client: { id: NIL, key: machine.key } });
    const forged = await token(GRANT, { client: { id: machine.id, key: `${machine.key.slice(0, -1)}!` } });
    const none = await token(GRANT);
    const ids = [answer, wrong, forged, none].map(({ headers }) => String(headers['x-request-id']));
    const events = () =>
      asSuperuser<{ request_id: string; type: string; reason: string; details: object }>(
        here.database,
        'SELECT request_id, type, reason, details FROM audit_events WHERE request_id = ANY($1)',
        [ids],
      );
    await expect.poll(async () => (await events()).length).toBe(4);
    const key = { keyId: machine.keyId, serviceAccountId: machine.id };
    const { jti } = claimsOf(answer.json<{ access_token: string }>().access_token);
    const of = (id: string, found: { request_id: string }[]) =>
      found.find(({ request_id }) => request_id === id);
    const found = await events();
    expect(of(ids[0]!, found)).toMatchObject({
      type: 'authn_token_created',
      details: { ...key, tokenId: jti, scopes: ['audit:read', 'orders:read'] },
    });
    expect(of(ids[1]!, found)).toMatchObject({
      type: 'authn_token_invalid',
      reason: 'wrong_client',
      details: key,
    });
    expect(of(ids[2]!, found)).toMatchObject({
      type: 'authn_token_invalid',
      reason: 'bad_signature',
      details: { forged: true },
    });
    expect(of(ids[3]!, found)).toMatchObject({ type: 'authz_fail', reason: 'unauthenticated' });
    expect(JSON.stringify(found)).not.toContain(machine.key.slice(10));
  });

  it("records a person's key that is sent as the secret of a service account as theirs, so that an erasure finds it", async () => {
    const person = await createPerson(here, { verified: true });
    const { key } = await createKey(here, person);
    const answer = await token(GRANT, { client: { id: machine.id, key } });
    expect(error(answer)).toEqual([401, 'invalid_client']);
    const owners = () =>
      asSuperuser<{ type: string; user_id: string | null }>(
        here.database,
        `SELECT type, user_id FROM audit_events WHERE request_id = $1
         UNION ALL SELECT 'api_call', user_id FROM audit_calls WHERE request_id = $1`,
        [String(answer.headers['x-request-id'])],
      );
    await expect.poll(async () => (await owners()).length).toBe(2);
    expect(await owners()).toEqual([
      { type: 'authn_token_invalid', user_id: person.user.id },
      { type: 'api_call', user_id: person.user.id },
    ]);
  });

  it('records a request for scopes that the key lacks as an authorization failure, and not one that is malformed', async () => {
    const narrow = await accounts.keyOf(machine, ['orders:read']);
    const useless = await accounts.keyOf(machine, ['users:write']);
    const lacking = await token(
      { ...GRANT, scope: 'orders:read users:write audit:read' },
      { client: narrow },
    );
    const secret = await token({ ...GRANT, scope: narrow.key }, { client: narrow });
    const malformed = await token({ ...GRANT, scope: ' orders:read' }, { client: narrow });
    const nothing = await token(GRANT, { client: useless });
    const ids = [lacking, secret, malformed, nothing].map(({ headers }) => String(headers['x-request-id']));
    const entries = () =>
      asSuperuser<{ nth: number; type: string; reason: string; details: object }>(
        here.database,
        `SELECT array_position($1, request_id) AS nth, type, reason, details FROM audit_events
          WHERE request_id = ANY($1) ORDER BY nth, type`,
        [ids],
      );
    const refused = ({ keyId }: Machine, required: string[]) => ({
      type: 'authz_fail',
      reason: 'invalid_scope',
      details: { required, keyId, serviceAccountId: machine.id },
    });
    await expect.poll(entries).toMatchObject([
      { nth: 1, ...refused(narrow, ['users:write', 'audit:read']) },
      { nth: 2, ...refused(narrow, []) },
      { nth: 4, ...refused(useless, []) },
    ]);
  });

  it('issues tokens that open exactly the routes that name their scope (peer fault 53, peer fault 56)', async () => {
    const routes = declaredRoutes(here.app.get(DiscoveryService), here.app.get(MetadataScanner)).filter(
      ({ access, path }) => ['signed-in', 'roles'].includes(access?.kind ?? '') && path !== '/audit/stream',
    );
    const scopes = [...new Set(routes.flatMap(({ scope }) => scope ?? []))];
    expect(scopes.length).toBeGreaterThan(4);
    const wide = await accounts.create(...scopes);
    const all = await clientToken(here, wide);
    for (const { method, path, scope } of routes) {
      const call = async (bearer: string) =>
        (await here.call({ method: method as 'GET', url: path.replaceAll(/:\w+/g, NIL), token: bearer }))
          .statusCode;
      const expected = scope === undefined ? 403 : path.includes(':') ? 404 : method === 'GET' ? 200 : 400;
      expect([method, path, await call(all)]).toEqual([method, path, expected]);
      if (scope === undefined) continue;
      const others = scopes.filter((one) => one !== scope).join(' ');
      expect([method, path, await call(await clientToken(here, wide, others))]).toEqual([method, path, 403]);
    }
  });

  it('issues tokens that are no cookies, and end no session', async () => {
    const bearer = await clientToken(here, machine);
    const inCookie = await here.call({ url: '/audit/seals', cookies: { access_token: bearer } });
    expect(inCookie.json().code).toBe('invalid_token');
    const logout = await here.call({ method: 'POST', url: '/auth/logout', token: bearer });
    expect(logout.statusCode).toBe(204);
    await expectEverywhere(bearer, '200');
  });
});

describe('the limits of the token endpoint', () => {
  let app: TestApp;
  let accounts: ServiceAccountsOf;
  beforeAll(async () => {
    app = await startApp({
      variables: { RATE_LIMIT_KEY: '5/60', RATE_LIMIT_LOGIN_ADDRESS: '4/60', RATE_LIMIT_DEFAULT: '50/60' },
    });
    accounts = await ServiceAccountsOf.of(app);
  });
  afterAll(() => app.close());

  const token = (client: Pick<Machine, 'id' | 'key'>) => postForm(app, '/oauth/token', GRANT, { client });

  it('count by key, and wrong keys by address, so that those who guess hold nobody up', async () => {
    const [one, other] = [await accounts.create('a:b'), await accounts.create('a:b')];
    const wrong = { id: one.id, key: `${one.key.slice(0, -1)}!` };
    // Logins have the same budget, of which this is one.
    await signUp(app);
    const failures: number[] = [];
    for (let sent = 0; sent < 4; sent += 1) failures.push((await token(wrong)).statusCode);
    expect(failures).toEqual([401, 401, 401, 429]);
    const refused = await token(wrong);
    expect(refused.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: expect.stringMatching(/Rate limit exceeded/),
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['content-type']).toBe('application/json');
    const statuses: number[] = [];
    for (let sent = 0; sent < 6; sent += 1) statuses.push((await token(one)).statusCode);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect((await token(one)).headers['ratelimit']).toMatch(/^"key";r=0/);
    expect((await token(other)).statusCode).toBe(200);
  });
});
