import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Assertions } from '../../src/gateway/assertions.js';
import { KeyReader } from '../../src/machines/keys/key-reader.js';
import { ClientTokenMint } from '../../src/machines/oauth/issuing/client-token-mint.js';
import { TokenSigner } from '../../src/sessions/keys/token-signer.js';
import type { ClientTokenClaims } from '../../src/sessions/tokens/client-token-claims.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { createKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { claimsOf, clientToken, type OAuthRequest, postForm } from '../support/app/oauth.js';
import { type Machine, ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { revocationsAfter } from '../support/http/revocation-list.js';

/** The bound within which a change reaches every instance, milliseconds. */
const WITHIN_MS = 1000;

describe('revocation', () => {
  let here: TestApp;
  let there: TestApp;
  let accounts: ServiceAccountsOf;
  let warden: Machine;
  let reader: Machine;
  let machine: Machine;
  let person: Tokens;
  let since: string;
  beforeAll(async () => {
    here = await startApp({ listen: true });
    there = await startBeside(here);
    accounts = await ServiceAccountsOf.of(here);
    warden = await accounts.create('tokens:revoke');
    reader = await accounts.create('revocations:read');
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });
  beforeEach(async () => {
    machine = await accounts.create('audit:read');
    person = await createPerson(here);
    since = (await revocationsAfter(here, reader.key)).cursor;
  });

  const revoke = (token: string, request: OAuthRequest = { client: machine }, app = here) =>
    postForm(app, '/oauth/revoke', { token }, request);
  const error = (answer: LightMyRequestResponse) => [
    answer.statusCode,
    answer.json<{ error: string }>().error,
  ];
  const codeOf = async (app: TestApp, token: string, url = '/audit/seals') => {
    const answer = await app.call({ url, token });
    return answer.statusCode < 400 ? '200' : answer.json<{ code: string }>().code;
  };
  const expectEverywhere = async (token: string, expected: string, url?: string) => {
    for (const app of [here, there])
      await expect.poll(() => codeOf(app, token, url), { timeout: WITHIN_MS, interval: 30 }).toBe(expected);
  };
  const listed = async () =>
    (await revocationsAfter(there, reader.key, since)).items.map(({ keyId, sessionId, subject, reason }) => ({
      keyId,
      sessionId,
      subject,
      reason,
    }));
  const eventsOf = (answer: LightMyRequestResponse) =>
    asSuperuser<{ type: string; reason: string | null; user_id: string | null; details: object }>(
      here.database,
      'SELECT type, reason, user_id, details FROM audit_events WHERE request_id = $1',
      [String(answer.headers['x-request-id'])],
    );

  it("ends a client's own access token on every instance within a second, and lists its key as reduced (peer fault 40)", async () => {
    const token = await clientToken(here, machine);
    await expectEverywhere(token, '200');
    const answer = await revoke(token);
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    await expectEverywhere(token, 'invalid_token');
    expect(await listed()).toEqual([
      { keyId: machine.keyId, sessionId: null, subject: machine.id, reason: 'reduced' },
    ]);
    const [item] = (await revocationsAfter(here, reader.key, since)).items;
    const { iat } = claimsOf(token);
    expect(Number(iat)).toBeLessThanOrEqual(Math.floor(Date.parse(item!.revokedAt) / 1000));
    expect(await eventsOf(answer)).toEqual([
      {
        type: 'authn_token_revoked',
        reason: null,
        user_id: null,
        details: {
          keyId: machine.keyId,
          serviceAccountId: machine.id,
          tokenId: claimsOf(token)['jti'],
          actorId: machine.id,
        },
      },
    ]);
    const next = await clientToken(there, machine);
    expect(Number(claimsOf(next)['iat'])).toBeGreaterThan(Math.floor(Date.parse(item!.revokedAt) / 1000));
    await expectEverywhere(next, '200');
    await expectEverywhere(token, 'invalid_token');
    await expectEverywhere(machine.key, '200');
  });

  it('ends a token from before the clock of the database was set back', async () => {
    const claims = claimsOf(await clientToken(here, machine)) as unknown as ClientTokenClaims;
    const ahead = { ...claims, iat: claims.iat + 30 };
    const token = await here.app.get(ClientTokenMint, { strict: false }).sign(ahead);
    await expectEverywhere(token, '200');
    expect((await revoke(token)).statusCode).toBe(200);
    await expectEverywhere(token, 'invalid_token');
    const [item] = (await revocationsAfter(here, reader.key, since)).items;
    expect(ahead.iat).toBeLessThanOrEqual(Math.floor(Date.parse(item!.revokedAt) / 1000));
    await expectEverywhere(await clientToken(there, machine), '200');
  });

  it('ends a token once, whoever asks how often, and what has ended is answered 200', async () => {
    const token = await clientToken(here, machine);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => revoke(token, { client: machine }, index % 2 ? here : there)),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(await listed()).toHaveLength(1);
    expect((await Promise.all(answers.map(eventsOf))).flat()).toHaveLength(1);
    const next = await clientToken(here, machine);
    expect(Number(claimsOf(next)['iat']) - Number(claimsOf(token)['iat'])).toBeLessThanOrEqual(5);
    for (const dead of [token, 'nothing', 'a.b.c', `${machine.key.slice(0, -1)}!`])
      expect((await revoke(dead)).statusCode).toBe(200);
    await expectEverywhere(next, '200');
  });

  it("ends a client's own keys, the one that it calls with included", async () => {
    const other = await accounts.keyOf(machine, ['audit:read']);
    const token = await clientToken(here, other);
    await expectEverywhere(other.key, '200');
    const answer = await revoke(other.key);
    expect(answer.statusCode).toBe(200);
    await expectEverywhere(other.key, 'invalid_token');
    await expectEverywhere(token, 'invalid_token');
    expect(await listed()).toEqual([
      { keyId: other.keyId, sessionId: null, subject: machine.id, reason: 'key_revoked' },
    ]);
    expect(await eventsOf(answer)).toMatchObject([
      { type: 'api_key_revoked', reason: 'revoked_by_owner', details: { keyId: other.keyId } },
    ]);
    expect(
      (await revoke(machine.key, { headers: { authorization: `Bearer ${machine.key}` } })).statusCode,
    ).toBe(200);
    await expectEverywhere(machine.key, 'invalid_token');
    expect(error(await revoke(machine.key))).toEqual([401, 'invalid_client']);
  });

  it("ends a person's key that it is called with, but no other key of the person", async () => {
    const own = await createKey(here, person, { scopes: ['a:b'] });
    const other = await createKey(here, person, { scopes: ['a:b'] });
    const calling = { headers: { authorization: `Bearer ${own.key}` } };
    expect(error(await revoke(other.key, calling))).toEqual([400, 'unauthorized_client']);
    const answer = await revoke(own.key, calling);
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    await expectEverywhere(own.key, 'invalid_token');
    await expectEverywhere(other.key, 'forbidden');
    expect(await eventsOf(answer)).toMatchObject([
      {
        type: 'api_key_revoked',
        reason: 'revoked_by_owner',
        user_id: person.user.id,
        details: { keyId: own.id },
      },
    ]);
  });

  it('ends a key of a disabled service account, so that it stays dead when the account is enabled', async () => {
    const other = await accounts.keyOf(machine, ['audit:read']);
    const token = await clientToken(here, machine);
    await expectEverywhere(token, '200');
    await accounts.change(machine, { disabled: true });
    const stranger = await accounts.create('audit:read');
    expect(error(await revoke(machine.key, { client: stranger }))).toEqual([400, 'unauthorized_client']);
    for (const one of [machine.key, token])
      expect((await revoke(one, { client: warden })).statusCode).toBe(200);
    await accounts.change(machine, { disabled: false });
    await expectEverywhere(other.key, '200');
    await expectEverywhere(machine.key, 'invalid_token');
    await expectEverywhere(token, 'invalid_token');
  });

  it('ends a key of a disabled person, so that it stays dead when the account is enabled', async () => {
    const owner = await createPerson(here, { roles: ['auditor'] });
    const [leaked, other] = [await createKey(here, owner), await createKey(here, owner)];
    const admin = await createPerson(here, { roles: ['admin'] });
    const setDisabled = (disabled: boolean) =>
      here.call({
        method: 'PATCH',
        url: `/admin/users/${owner.user.id}`,
        token: admin.accessToken,
        body: { disabled },
      });
    expect((await setDisabled(true)).statusCode).toBe(200);
    expect((await revoke(leaked.key, { client: warden })).statusCode).toBe(200);
    expect((await setDisabled(false)).statusCode).toBe(200);
    await expectEverywhere(other.key, '200');
    await expectEverywhere(leaked.key, 'invalid_token');
  });

  it('ends tokens of others with the scope only: keys, access tokens, and sessions by either of their tokens', async () => {
    const own = await createKey(here, person, { scopes: ['a:b'] });
    const second = await createPerson(here);
    const token = await clientToken(here, machine);
    const other = await accounts.create('audit:read', 'tokens:introspect');
    const tokens = [own.key, token, machine.key, person.accessToken, second.refreshToken];
    for (const one of tokens) {
      const answer = await revoke(one, { client: other });
      expect(error(answer)).toEqual([400, 'unauthorized_client']);
      await expect
        .poll(() => eventsOf(answer))
        .toMatchObject([{ type: 'authz_fail', details: { required: ['tokens:revoke'] } }]);
    }
    await expectEverywhere(token, '200');
    await expectEverywhere(person.accessToken, '200', '/users/me');
    for (const one of tokens) expect((await revoke(one, { client: warden })).statusCode).toBe(200);
    await expectEverywhere(token, 'invalid_token');
    await expectEverywhere(machine.key, 'invalid_token');
    await expectEverywhere(own.key, 'invalid_token');
    await expectEverywhere(person.accessToken, 'session_ended', '/users/me');
    await expectEverywhere(second.accessToken, 'session_ended', '/users/me');
    const reasons = (await listed()).map(({ keyId, sessionId, reason }) => [keyId ?? sessionId, reason]);
    expect(reasons).toEqual([
      [own.id, 'key_revoked'],
      [machine.keyId, 'reduced'],
      [machine.keyId, 'key_revoked'],
      [person.session.id, 'ended_by_admin'],
      [second.session.id, 'ended_by_admin'],
    ]);
  });

  it('brings no session back by a refresh afterwards (peer fault 41)', async () => {
    expect((await revoke(person.refreshToken, { client: warden })).statusCode).toBe(200);
    for (const app of [here, there]) {
      const { refreshToken } = person;
      const answer = await app.call({ url: '/auth/refresh', body: { refreshToken } });
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'session_ended']);
    }
  });

  it('never says 200 of an assertion, which it cannot end', async () => {
    const assertion = await here.app.get(Assertions, { strict: false }).about(
      {
        kind: 'session',
        userId: person.user.id,
        sessionId: person.session.id,
        roles: ['user'],
        acr: 'aal1',
        tokenId: person.session.id,
        issuedAt: 1,
        expiresAt: 2,
      },
      { name: 'app', audience: 'app' } as never,
    );
    expect(error(await revoke(assertion, { client: warden }))).toEqual([400, 'unsupported_token_type']);
    await expectEverywhere(person.accessToken, '200', '/users/me');
    expect((await revoke(person.accessToken, { client: warden })).statusCode).toBe(200);
    expect((await revoke(assertion, { client: warden })).statusCode).toBe(200);
  });

  it('does not void the assertions that the gateway makes about the key afterwards', async () => {
    const reviewer = await accounts.create('tokens:introspect');
    const [rules, context] = [{ name: 'app', audience: 'app' } as never, { client: reviewer }];
    const assertionAbout = async (key: string) => {
      const caller = await here.app.get(KeyReader, { strict: false }).read(key, { network: '192.0.2.1' });
      return here.app.get(Assertions, { strict: false }).about(caller, rules);
    };
    const isActive = async (token: string) =>
      (await postForm(here, '/oauth/introspect', { token }, context)).json<{ active: boolean }>().active;
    const before = await assertionAbout(machine.key);
    const token = await clientToken(here, machine);
    expect([await isActive(before), await isActive(token)]).toEqual([true, true]);
    await revoke(token);
    const after = await assertionAbout(machine.key);
    expect([await isActive(before), await isActive(after)]).toEqual([false, true]);
    expect(await assertionAbout(machine.key).then(isActive)).toBe(true);
  });

  describe('of a scope', () => {
    let reviewer: Machine;
    let claims: Record<string, unknown>;
    beforeEach(async () => {
      reviewer = await accounts.create('tokens:introspect');
      machine = await accounts.create('audit:read', 'orders:read');
      const caller = await here.app
        .get(KeyReader, { strict: false })
        .read(machine.key, { network: '192.0.2.1' });
      const rule = { name: 'app', audience: 'app' } as never;
      claims = claimsOf(await here.app.get(Assertions, { strict: false }).about(caller, rule));
    });

    const said = async (iat: number) => {
      const signer = there.app.get(TokenSigner, { strict: false });
      const token = await signer.sign('assertion+jwt', { ...claims, iat, exp: iat + 60 });
      const answer = await postForm(here, '/oauth/introspect', { token }, { client: reviewer });
      return answer.json<{ active: boolean; scope?: string }>();
    };
    const takeAway = async () => {
      await accounts.change(machine, { scopes: ['audit:read'] });
      const [item] = (await revocationsAfter(here, reader.key, since)).items;
      return Math.floor(Date.parse(item!.revokedAt) / 1000);
    };

    it('ends the assertions that an instance has made within the second in which it need not know', async () => {
      const iat = Math.floor((Date.now() + 999) / 1000);
      expect(await said(iat)).toMatchObject({ active: true, scope: 'audit:read orders:read' });
      expect(await takeAway()).toBeGreaterThanOrEqual(iat);
      expect(await said(iat)).toEqual({ active: false });
    });

    it('takes it from every assertion, too, however late that was made', async () => {
      expect(await said((await takeAway()) + 1)).toMatchObject({ active: true, scope: 'audit:read' });
    });
  });

  it('ignores the hint, and refuses what is missing or there twice', async () => {
    const token = await clientToken(here, machine);
    const hinted = { token, token_type_hint: 'refresh_token' };
    expect((await postForm(here, '/oauth/revoke', hinted, { client: machine })).statusCode).toBe(200);
    await expectEverywhere(token, 'invalid_token');
    for (const form of ['', 'token=', 'token=a&token=b'])
      expect(error(await postForm(here, '/oauth/revoke', form, { client: machine }))).toEqual([
        400,
        'invalid_request',
      ]);
    expect(error(await postForm(here, '/oauth/revoke', { token }))).toEqual([401, 'invalid_client']);
    const bearer = { headers: { authorization: `Bearer ${person.accessToken}` } };
    expect(error(await revoke(token, bearer))).toEqual([403, 'insufficient_scope']);
  });

  it('ends the stream of a revoked access token within a second', async () => {
    const token = await clientToken(here, machine);
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${here.url}/audit/stream`, { headers });
    expect(response.status).toBe(200);
    const ended = response.text().then(() => performance.now());
    expect((await revoke(token, { client: machine }, there)).statusCode).toBe(200);
    const revokedMs = performance.now();
    expect((await ended) - revokedMs).toBeLessThan(1500);
  });
});
