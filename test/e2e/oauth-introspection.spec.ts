import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Assertions } from '../../src/gateway/assertions.js';
import type { Principal } from '../../src/platform/access/principal.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { createKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { enrolTotp } from '../support/app/factors.js';
import { claimsOf, clientToken, type OAuthRequest, postForm } from '../support/app/oauth.js';
import { type Machine, ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { ALGORITHM_FORGERIES } from '../support/tokens/algorithm-forgeries.js';
import { CLAIM_FORGERIES } from '../support/tokens/claim-forgeries.js';
import { FORM_FORGERIES } from '../support/tokens/form-forgeries.js';
import { KEY_FORGERIES } from '../support/tokens/key-forgeries.js';
import { SIGNATURE_FORGERIES } from '../support/tokens/signature-forgeries.js';
import { decoded, newForge, type TokenForge } from '../support/tokens/token-forge.js';

/** The bound within which a change reaches every instance, milliseconds. */
const WITHIN_MS = 1000;
const INACTIVE = { active: false };
const NIL = '00000000-0000-7000-8000-000000000000';
const FORGERIES = [
  ...ALGORITHM_FORGERIES,
  ...KEY_FORGERIES,
  ...FORM_FORGERIES,
  ...SIGNATURE_FORGERIES,
  ...CLAIM_FORGERIES,
];

describe('introspection', () => {
  let here: TestApp;
  let there: TestApp;
  let forge: TokenForge;
  let accounts: ServiceAccountsOf;
  let api: Machine;
  let person: Tokens;
  let machine: Machine;
  beforeAll(async () => {
    forge = newForge('ES256');
    const variables = { JWT_PRIVATE_KEY: forge.pem };
    here = await startApp({ variables });
    there = await startBeside(here, { variables });
    accounts = await ServiceAccountsOf.of(here);
    api = await accounts.create('tokens:introspect');
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });
  beforeEach(async () => {
    person = await createPerson(here);
    machine = await accounts.create('audit:read', 'orders:read');
  });

  const ask = (token: string, app = here, request: OAuthRequest = { client: api }) =>
    postForm(app, '/oauth/introspect', { token }, request);
  const said = async (token: string, app = here) => {
    const answer = await ask(token, app);
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    return answer.json<Record<string, unknown>>();
  };
  /** The members of RFC 7662 that name the service. */
  const ours = () => ({ iss: here.environment.JWT_ISSUER, aud: here.environment.JWT_AUDIENCE });
  const error = (answer: LightMyRequestResponse) => [
    answer.statusCode,
    answer.json<{ error: string }>().error,
  ];
  const about = (principal: Principal) =>
    here.app.get(Assertions, { strict: false }).about(principal, { name: 'app', audience: 'app' } as never);
  const expectInactiveEverywhere = async (token: string) => {
    for (const app of [here, there])
      await expect.poll(() => said(token, app), { timeout: WITHIN_MS, interval: 30 }).toEqual(INACTIVE);
  };

  it('describes the access token of a person', async () => {
    const { iat, exp, jti } = claimsOf(person.accessToken);
    expect(await said(person.accessToken)).toEqual({
      active: true,
      ...ours(),
      jti,
      sub: person.user.id,
      client_id: here.environment.JWT_AUDIENCE,
      sid: person.session.id,
      token_type: 'Bearer',
      iat,
      exp,
    });
  });

  it('describes the access token of a service account, with the scopes that are left', async () => {
    const token = await clientToken(here, machine, 'orders:read');
    const { iat, exp, jti } = claimsOf(token);
    const expected = {
      active: true,
      ...ours(),
      jti,
      sub: machine.id,
      client_id: machine.id,
      scope: 'orders:read',
      key: machine.keyId,
      token_type: 'Bearer',
      iat,
      exp,
    };
    expect(await said(token)).toEqual(expected);
    expect(await said(token, there)).toEqual(expected);
  });

  it('describes keys of both kinds, with the scopes that they have at present', async () => {
    expect(await said(machine.key)).toEqual({
      active: true,
      ...ours(),
      jti: machine.keyId,
      sub: machine.id,
      client_id: machine.id,
      scope: 'audit:read orders:read',
      key: machine.keyId,
      token_type: 'Bearer',
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    const own = await createKey(here, person, { scopes: ['audit:read', 'orders:read'] });
    expect(await said(own.key)).toEqual({
      active: true,
      ...ours(),
      jti: own.id,
      sub: person.user.id,
      scope: 'orders:read',
      owner_roles: ['user'],
      key: own.id,
      token_type: 'Bearer',
      iat: Math.floor(Date.parse(own.createdAt) / 1000),
      exp: Math.floor(Date.parse(own.expiresAt) / 1000),
    });
  });

  it('describes assertions of the gateway, which are no bearer tokens', async () => {
    const session = {
      kind: 'session',
      userId: person.user.id,
      sessionId: person.session.id,
      roles: ['user'],
      acr: 'aal1',
      tokenId: NIL,
      issuedAt: 1,
      expiresAt: 2,
    } as const;
    const ofPerson = await about(session);
    const { iat, exp, jti } = claimsOf(ofPerson);
    expect(await said(ofPerson)).toEqual({
      active: true,
      ...ours(),
      aud: 'app',
      jti,
      sub: person.user.id,
      sid: person.session.id,
      token_type: 'N_A',
      iat,
      exp,
    });
    const { id: serviceAccountId, keyId } = machine;
    const scopes = ['orders:read'];
    const ofMachine = await about({ kind: 'service-account', serviceAccountId, keyId, scopes, expiresAt: 2 });
    expect(await said(ofMachine)).toMatchObject({
      active: true,
      aud: 'app',
      sub: serviceAccountId,
      key: keyId,
      scope: 'orders:read',
      token_type: 'N_A',
    });
    await here.call({ method: 'POST', url: '/auth/logout', token: person.accessToken });
    await accounts.revokeKey(machine);
    await expectInactiveEverywhere(ofPerson);
    await expectInactiveEverywhere(ofMachine);
  });

  it('says the same of everything else, whatever the reason', async () => {
    const ended = await createPerson(here);
    await here.call({ method: 'POST', url: '/auth/logout', token: ended.accessToken });
    const claims = claimsOf(person.accessToken);
    const second = Math.floor(Date.now() / 1000);
    const revoked = await accounts.create('a:b');
    await accounts.revokeKey(revoked);
    const tokens = {
      'a word': 'nothing',
      'a long text': 'x'.repeat(20_000),
      'a long token': `${'x'.repeat(20_000)}.x.x`,
      'a NUL byte': '\0',
      'a lone surrogate in UTF-8': 'a\ud800b',
      'a refresh token': person.refreshToken,
      'a device token': person.deviceToken,
      'the token of an ended session': ended.accessToken,
      'the refresh token of an ended session': ended.refreshToken,
      'an expired token': forge.signed(forge.header, { ...claims, iat: second - 99, exp: second - 9 }),
      'a token of a session that never was': forge.signed(forge.header, { ...claims, sid: NIL }),
      'a token of the session of another person': forge.signed(forge.header, { ...claims, sub: NIL }),
      'a revoked key': revoked.key,
      'an unknown key': `${machine.key.slice(0, -1)}!`,
      'an assertion that is none': forge.signed({ ...forge.header, typ: 'assertion+jwt' }, { sub: NIL }),
      'another type of token': forge.signed({ ...forge.header, typ: 'JWT' }, claims),
    };
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await ask(token);
      expect([what, answer.statusCode, answer.body]).toEqual([what, 200, '{"active":false}']);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
    }
  });

  it('says that a token of a service account is not active with claims of another one, or of a session', async () => {
    const other = await accounts.create('users:write');
    const token = await clientToken(here, machine);
    const claims = decoded(token.split('.')[1]);
    const again = forge.signed(forge.header, claims);
    expect(await said(again)).toMatchObject({ active: true });
    const forged = {
      'another account': { sub: other.id, client_id: other.id },
      'another client': { client_id: other.id },
      'another key': { key: other.keyId },
      'an unknown key': { key: NIL },
      'a session': { sid: person.session.id },
      'a session and its user': { sid: person.session.id, sub: person.user.id, roles: ['admin'] },
      roles: { roles: ['admin'] },
      'a level': { acr: 'aal2' },
      'two scopes': { scope: ['orders:read'] },
      'no key': { key: undefined },
      'no scope': { scope: undefined },
      'a start': { nbf: 1 },
      'two audiences': { aud: [here.environment.JWT_AUDIENCE, 'other'] },
    };
    for (const [what, members] of Object.entries(forged)) {
      const one = forge.signed(forge.header, { ...claims, ...members });
      expect([what, await said(one)]).toEqual([what, INACTIVE]);
      const used = await here.call({ url: '/audit/seals', token: one });
      expect([what, used.statusCode, used.json().code]).toEqual([what, 401, 'invalid_token']);
    }
    const wider = forge.signed(forge.header, { ...claims, scope: 'orders:read users:read' });
    expect(await said(wider)).toMatchObject({ scope: 'orders:read' });
    expect((await here.call({ url: '/admin/users', token: wider })).statusCode).toBe(403);
  });

  it('follows within a second whatever ends a token, on every instance (peer fault 39, peer fault 42)', async () => {
    const disabled = await accounts.create('a:b');
    const ofDisabled = await clientToken(here, disabled);
    const reduced = await clientToken(here, machine);
    const phone = await createPerson(here);
    for (const token of [ofDisabled, reduced, disabled.key, phone.accessToken])
      for (const app of [here, there]) expect(await said(token, app)).toMatchObject({ active: true });
    await accounts.change(disabled, { disabled: true });
    await expectInactiveEverywhere(ofDisabled);
    await expectInactiveEverywhere(disabled.key);
    await accounts.change(disabled, { disabled: false });
    await expect.poll(() => said(disabled.key, there)).toMatchObject({ active: true });
    expect(await said(ofDisabled)).toEqual(INACTIVE);
    await accounts.change(machine, { scopes: ['audit:read'] });
    await expectInactiveEverywhere(reduced);
    await asSuperuser(here.database, 'UPDATE users SET disabled_at = now() WHERE id = $1', [phone.user.id]);
    await expectInactiveEverywhere(phone.accessToken);
  });

  it('does not accept what a token said before a factor was removed', async () => {
    const owner = await createPerson(here);
    await enrolTotp(here, owner, Date.now());
    await asSuperuser(
      here.database,
      "UPDATE sessions SET reduced_at = date_trunc('second', now()) + interval '1 second' WHERE id = $1",
      [owner.session.id],
    );
    expect(await said(owner.accessToken)).toEqual(INACTIVE);
  });

  it('is for service accounts and keys with the scope, by any of their proofs', async () => {
    const { accessToken } = await createPerson(here, { roles: ['admin'] });
    const token = person.accessToken;
    const byKey = (key: string) => ask(token, here, { headers: { authorization: `Bearer ${key}` } });
    expect((await byKey(api.key)).json()).toMatchObject({ active: true });
    expect((await byKey(await clientToken(here, api))).json()).toMatchObject({ active: true });
    const form = { token, client_id: api.id, client_secret: api.key };
    expect((await postForm(here, '/oauth/introspect', form)).json()).toMatchObject({ active: true });
    const own = await createKey(here, { accessToken }, { scopes: ['tokens:introspect'] });
    expect((await byKey(own.key)).json()).toMatchObject({ active: true });

    expect(error(await ask(token, here, { client: machine }))).toEqual([400, 'unauthorized_client']);
    const others = await createKey(here, person, { scopes: ['tokens:introspect'] });
    for (const key of [machine.key, await clientToken(here, machine), others.key, accessToken]) {
      const answer = await byKey(key);
      expect([...error(answer), answer.headers['www-authenticate']]).toEqual([
        403,
        'insufficient_scope',
        'Bearer error="insufficient_scope", scope="tokens:introspect"',
      ]);
    }
    for (const key of ['nothing', `${api.key}x`, person.refreshToken]) {
      const answer = await byKey(key);
      expect([...error(answer), answer.headers['www-authenticate']]).toEqual([
        401,
        'invalid_token',
        'Bearer error="invalid_token"',
      ]);
    }
    const none = await ask(token, here, {});
    expect([...error(none), none.headers['www-authenticate']]).toEqual([
      401,
      'invalid_client',
      'Basic realm="portcullis", charset="UTF-8"',
    ]);
    const cookie = await here.call({
      method: 'POST',
      url: '/oauth/introspect',
      cookies: { access_token: accessToken },
      body: 'token=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    });
    expect(error(cookie)).toEqual([401, 'invalid_client']);
  });

  it('refuses two proofs, two tokens, none, and one in the URL', async () => {
    const bearer = { headers: { authorization: `Bearer ${api.key}` } };
    const both = { token: 'x', client_id: api.id, client_secret: api.key };
    for (const answer of [
      await postForm(here, '/oauth/introspect', both, bearer),
      await postForm(here, '/oauth/introspect', both, { client: api }),
      await postForm(here, '/oauth/introspect', 'token=x&token=y', bearer),
      await postForm(here, '/oauth/introspect', 'token=', bearer),
      await postForm(here, '/oauth/introspect', '', { client: api }),
      await postForm(here, '/oauth/introspect', 'token=x', { ...bearer, query: '?token=y' }),
      await postForm(here, '/oauth/introspect', '{"token":"x"}', {
        headers: { ...bearer.headers, 'content-type': 'application/json' },
      }),
    ])
      expect(error(answer)).toEqual([400, 'invalid_request']);
    const get = await here.call({ url: `/oauth/introspect?token=${person.accessToken}`, token: api.key });
    expect(error(get)).toEqual([405, 'invalid_request']);
  });

  it('is recorded as a call of the key, without the token', async () => {
    const answer = await ask(person.accessToken);
    const requestId = String(answer.headers['x-request-id']);
    const calls = () =>
      asSuperuser<{ status: number; details: object; user_id: string | null }>(
        here.database,
        'SELECT status, details, user_id FROM audit_calls WHERE request_id = $1',
        [requestId],
      );
    await expect.poll(async () => (await calls()).length).toBe(1);
    const [call] = await calls();
    expect(call).toMatchObject({ status: 200, user_id: null });
    expect(JSON.stringify(call)).not.toContain(person.accessToken.slice(-20));
  });

  it('works for the owner who signs in again', async () => {
    await here.call({ method: 'POST', url: '/auth/logout', token: person.accessToken });
    const again = await openSession(here, person.user.email);
    expect(await said(person.accessToken)).toEqual(INACTIVE);
    expect(await said(again.accessToken)).toMatchObject({ active: true });
  });
});

describe('introspection of a forged token', () => {
  let app: TestApp;
  let forge: TokenForge;
  let api: Machine;
  let person: Tokens;
  let other: Tokens;
  beforeAll(async () => {
    forge = newForge('ES256');
    app = await startApp({ variables: { JWT_PRIVATE_KEY: forge.pem } });
    api = await (await ServiceAccountsOf.of(app)).create('tokens:introspect');
    person = await createPerson(app);
    other = await createPerson(app);
  });
  afterAll(() => app.close());
  const said = async (token: string) => {
    const answer = await postForm(app, '/oauth/introspect', { token }, { client: api });
    return [answer.statusCode, answer.json()];
  };

  it.each(FORGERIES)('says that a token is not active with %s', async (_what, make) => {
    const token = await make({
      forge,
      genuine: person.accessToken,
      claims: decoded(person.accessToken.split('.')[1]),
      other: other.accessToken,
      trap: 'http://127.0.0.1:9',
    });
    expect(await said(token)).toEqual([200, INACTIVE]);
  });

  it('is no verdict on the session, whose genuine token stays active', async () => {
    expect(await said(person.accessToken)).toMatchObject([200, { active: true, sid: person.session.id }]);
  });
});
