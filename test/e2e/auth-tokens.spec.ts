import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeyRing } from '../../src/sessions/keys/key-ring.js';
import { KeyRotation } from '../../src/sessions/keys/key-rotation.js';
import {
  JWKS_MAX_AGE_SECONDS,
  KEY_REFRESH_SECONDS,
  LEEWAY_SECONDS,
} from '../../src/sessions/keys/key-schedule.js';
import { SigningKeysRepository } from '../../src/sessions/keys/signing-keys.repository.js';
import { ConfigurationFault } from '../../src/platform/config/configuration-fault.js';
import { PlatformErrors } from '../../src/platform/errors/platform.errors.js';
import { Problem } from '../../src/platform/errors/problem.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { exchange } from '../support/app/raw-exchange.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { ALGORITHM_FORGERIES } from '../support/tokens/algorithm-forgeries.js';
import { CLAIM_FORGERIES } from '../support/tokens/claim-forgeries.js';
import { FORM_FORGERIES } from '../support/tokens/form-forgeries.js';
import type { Model } from '../support/tokens/forgery.js';
import { KEY_FORGERIES } from '../support/tokens/key-forgeries.js';
import { SIGNATURE_FORGERIES } from '../support/tokens/signature-forgeries.js';
import { decoded, newForge, type TokenForge } from '../support/tokens/token-forge.js';
import { eventually } from '../support/time/eventually.js';

const FORGERIES = [
  ...ALGORITHM_FORGERIES,
  ...KEY_FORGERIES,
  ...FORM_FORGERIES,
  ...SIGNATURE_FORGERIES,
  ...CLAIM_FORGERIES,
];

/** The response of `GET /users/me` to a request: its status, and the code of its problem. */
async function verdictOn(
  app: TestApp,
  headers: Record<string, string>,
): Promise<[number, string | undefined]> {
  const answer = await app.call({ url: '/users/me', headers });
  return [answer.statusCode, answer.json<{ code?: string }>().code];
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const keySetOf = async (app: TestApp) =>
  (await app.call({ url: '/.well-known/jwks.json' })).json<JSONWebKeySet>();

describe.each(['RS256', 'ES256'] as const)('an access token of %s', (algorithm) => {
  let app: TestApp;
  let forge: TokenForge;
  let tokens: Tokens;
  let model: Model;
  let listener: Server;
  let visits = 0;

  beforeAll(async () => {
    listener = createServer((socket) => {
      visits += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    forge = newForge(algorithm);
    app = await startApp({
      listen: true,
      variables: { JWT_ALGORITHM: algorithm, JWT_PRIVATE_KEY: forge.pem },
    });
    tokens = await createPerson(app);
    const { accessToken: genuine } = tokens;
    model = {
      forge,
      genuine,
      claims: decoded(genuine.split('.')[1]),
      other: (await createPerson(app)).accessToken,
      trap: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    };
  });
  afterAll(async () => {
    await app.close();
    listener.close();
  });

  it('has the type, kid and claims of RFC 9068, and no address or name', () => {
    const [header, payload] = model.genuine.split('.');
    expect(decoded(header)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: forge.kid });
    expect(Object.keys(decoded(payload)).toSorted()).toEqual([
      'acr',
      'amr',
      'aud',
      'auth_time',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'roles',
      'sid',
      'sub',
    ]);
    expect(decoded(payload)).toMatchObject({
      iss: 'http://localhost:3000',
      aud: 'portcullis',
      sub: tokens.user.id,
      sid: tokens.session.id,
      roles: ['user'],
      acr: 'aal1',
      amr: ['pwd'],
      auth_time: Math.floor(Date.parse(tokens.session.createdAt) / 1000),
    });
    expect(Buffer.from(payload!, 'base64url').toString()).not.toContain(tokens.user.email);
  });

  it('is accepted as issued by the service, and as recreated by the forge', async () => {
    expect(await verdictOn(app, bearer(model.genuine))).toEqual([200, undefined]);
    expect(await verdictOn(app, bearer(forge.signed(forge.header, model.claims)))).toEqual([200, undefined]);
    const typed = forge.signed({ ...forge.header, typ: 'application/at+jwt' }, model.claims);
    expect(await verdictOn(app, bearer(typed))).toEqual([200, undefined]);
  });

  it.each(FORGERIES)('is refused with %s', async (_what, make) => {
    const token = await make(model);
    expect(token).not.toBe(model.genuine);
    const answer = await app.call({ url: '/users/me', token });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'invalid_token']);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'www-authenticate': 'Bearer error="invalid_token"',
    });
    const cookie = await app.call({ url: '/users/me', cookies: { access_token: token } });
    expect([cookie.statusCode, cookie.json<{ code: string }>().code]).toEqual([401, 'invalid_token']);
  });

  it('is refused in more than forty forged forms, and the service follows no link', () => {
    expect(FORGERIES.length).toBeGreaterThanOrEqual(40);
    expect(visits).toBe(0);
  });

  it('is still accepted after all forgeries', async () => {
    expect(await verdictOn(app, bearer(model.genuine))).toEqual([200, undefined]);
  });

  it.each([
    ['with two spaces', (token: string) => `Bearer  ${token}`],
    ['with a tab', (token: string) => `Bearer\t${token}`],
    ['with a colon', (token: string) => `Bearer: ${token}`],
    ['with no space', (token: string) => `Bearer${token}`],
    ['with quotes', (token: string) => `Bearer "${token}"`],
    ['with a parameter name', (token: string) => `Bearer token=${token}`],
    ['with a comma after it', (token: string) => `Bearer ${token},`],
    ['in a list', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['after another scheme', (token: string) => `Basic YTpi, Bearer ${token}`],
    ['followed by a word', (token: string) => `Bearer ${token} realm`],
    ['without a scheme', (token: string) => token],
    ['before another scheme', (token: string) => `Bearer ${token}, Basic YTpi`],
    ['after another scheme in lower case', (token: string) => `Basic YTpi,bearer ${token}`],
    ['as an empty value', () => ''],
    ['as only a scheme', () => 'Bearer'],
    ['as a scheme and a space', () => 'Bearer '],
  ])('is refused if it is presented %s, even with a valid cookie', async (_how, write) => {
    const authorization = write(model.genuine);
    expect(await verdictOn(app, { authorization })).toEqual([401, 'invalid_token']);
    expect(await verdictOn(app, { authorization, cookie: `access_token=${model.genuine}` })).toEqual([
      401,
      'invalid_token',
    ]);
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'beareR'])('is accepted with the scheme %s', async (scheme) => {
    expect((await verdictOn(app, { authorization: `${scheme} ${model.genuine}` }))[0]).toBe(200);
  });

  it.each([
    ['DPoP', (token: string) => `DPoP ${token}`],
    ['Basic', (token: string) => `Basic ${Buffer.from(`${token}:`).toString('base64')}`],
    ['Basic, of a staging host', () => 'Basic YTpi'],
    ['Digest', () => 'Digest username="bearer", realm="staging", uri="/users/me"'],
  ])('is not read from credentials of another scheme, which are ignored: %s', async (_scheme, write) => {
    const authorization = write(model.genuine);
    expect(await verdictOn(app, { authorization })).toEqual([401, 'unauthenticated']);
    expect((await verdictOn(app, { authorization, cookie: `access_token=${model.genuine}` }))[0]).toBe(200);
    expect(await verdictOn(app, { authorization, cookie: 'access_token=x' })).toEqual([401, 'invalid_token']);
  });

  it.each([
    ['twice', [`Bearer GENUINE`, `Bearer GENUINE`]],
    ['after another', ['Bearer x', 'Bearer GENUINE']],
    ['before another', ['Bearer GENUINE', 'Bearer x']],
    ['before an empty one', ['Bearer GENUINE', '']],
  ])('is refused if the header field comes %s', async (_how, values) => {
    const lines = values
      .map((value) => `Authorization: ${value.replace('GENUINE', model.genuine)}\r\n`)
      .join('');
    const [answer] = await exchange(
      app.url,
      `GET /users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
    );
    expect([answer?.status, (JSON.parse(answer!.body) as { code: string }).code]).toEqual([
      401,
      'invalid_token',
    ]);
  });

  it.each(['access_token', 'token', 'jwt', 'bearer', 'authorization'])(
    'is not read from the query as %s',
    async (name) => {
      const answer = await app.call({ url: `/users/me?${name}=${model.genuine}` });
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'unauthenticated']);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    },
  );

  it('is not read from a body', async () => {
    const body = { displayName: 'Ada', access_token: model.genuine, accessToken: model.genuine };
    const answer = await app.call({ method: 'PUT', url: '/users/me', body });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'unauthenticated']);
  });

  it('of a session that does not exist, or of another user, is refused as one of an ended session', async () => {
    const made = (claims: object) => bearer(forge.signed(forge.header, { ...model.claims, ...claims }));
    expect(await verdictOn(app, made({ sid: randomUUID() }))).toEqual([401, 'session_ended']);
    expect(await verdictOn(app, made({ sub: randomUUID() }))).toEqual([401, 'session_ended']);
    expect(await verdictOn(app, made({ sid: decoded(model.other.split('.')[1])['sid'] }))).toEqual([
      401,
      'session_ended',
    ]);
  });

  it('is not accepted as a refresh token, nor a refresh token as an access token', async () => {
    const swapped = await app.call({ url: '/auth/refresh', body: { refreshToken: model.genuine } });
    expect([swapped.statusCode, swapped.json<{ code: string }>().code]).toEqual([401, 'invalid_token']);
    expect(await verdictOn(app, bearer(tokens.refreshToken))).toEqual([401, 'invalid_token']);
    expect(await verdictOn(app, bearer(tokens.deviceToken))).toEqual([401, 'invalid_token']);
  });

  it('verifies with an independent library against the served key set', async () => {
    const { payload, protectedHeader } = await jwtVerify(
      model.genuine,
      createLocalJWKSet(await keySetOf(app)),
      {
        issuer: 'http://localhost:3000',
        audience: 'portcullis',
        typ: 'at+jwt',
        algorithms: [algorithm],
        requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
      },
    );
    expect(protectedHeader.kid).toBe(forge.kid);
    expect(payload.sub).toBe(tokens.user.id);
  });
});

describe('the key set', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ variables: { JWT_ALGORITHM: 'RS256' } });
  });
  afterAll(() => app.close());

  it('shows an RSA key of 3072 bits by default, and no private member of it', async () => {
    const { keys } = await keySetOf(app);
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(keys[0]).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB' });
    expect(Buffer.from(keys[0]!.n!, 'base64url')).toHaveLength(384);
  });

  it('may be cached for as long as a new key waits before it signs', async () => {
    const { headers } = await app.call({ url: '/.well-known/jwks.json' });
    expect(headers['content-type']).toMatch(/^application\/jwk-set\+json(;|$)/);
    expect(headers['cache-control']).toBe(`public, max-age=${JWKS_MAX_AGE_SECONDS}`);
  });

  it('verifies a token of the generated key', async () => {
    const { accessToken } = await createPerson(app);
    await expect(jwtVerify(accessToken, createLocalJWKSet(await keySetOf(app)))).resolves.toBeDefined();
  });

  it('contains only public halves: the private ones are encrypted in the database', async () => {
    const [row] = await asSuperuser<{ sealed: Buffer }>(
      app.database,
      'SELECT sealed_private_key AS sealed FROM signing_keys',
    );
    expect(row!.sealed.includes(Buffer.from('308206', 'hex'))).toBe(false);
    expect(row!.sealed.length).toBeGreaterThan(1700);
  });
});

describe('rotation of the signing key', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let ring: KeyRing;
  beforeAll(async () => {
    app = await startApp({ clock });
    ring = app.app.get(KeyRing, { strict: false });
  });
  afterAll(() => app.close());

  const kidOf = (token: string) => decoded(token.split('.')[0])['kid'];
  const isAccepted = async (token: string) => (await verdictOn(app, bearer(token)))[0] === 200;

  it('publishes a key before it signs, and refuses no genuine token before, during or after the change', async () => {
    const before = await createPerson(app);
    const oldKid = kidOf(before.accessToken);
    const rotation = await app.app.get(KeyRotation, { strict: false }).rotate();
    await ring.refresh();
    const keySet = createLocalJWKSet(await keySetOf(app));
    expect((await keySetOf(app)).keys.map((key) => key.kid)).toEqual([rotation.kid, oldKid]);

    // A verifier that fetched the key set just before has renewed its copy by the time the new key signs.
    const waitMs = rotation.signsFrom.getTime() - clock.nowMs();
    expect(waitMs).toBe((JWKS_MAX_AGE_SECONDS + KEY_REFRESH_SECONDS + LEEWAY_SECONDS) * 1000);
    clock.advance(waitMs - 1);
    const lastOld = await openSession(app, before.user.email);
    expect(kidOf(lastOld.accessToken)).toBe(oldKid);
    clock.advance(1);
    const firstNew = await openSession(app, before.user.email);
    expect(kidOf(firstNew.accessToken)).toBe(rotation.kid);
    const currentDate = clock.now();
    await expect(jwtVerify(firstNew.accessToken, keySet, { currentDate })).resolves.toBeDefined();
    for (const { accessToken } of [before, lastOld, firstNew])
      expect(await isAccepted(accessToken)).toBe(true);

    clock.advance(23 * 60_000);
    for (const { accessToken } of [before, lastOld, firstNew])
      expect(await isAccepted(accessToken)).toBe(true);
  });

  it('drops and deletes a key once its tokens have expired', async () => {
    const rotation = app.app.get(KeyRotation, { strict: false });
    const { kid, dropped } = await rotation.rotate();
    expect(dropped).toEqual([]);
    clock.advance(2 * 60 * 60_000);
    await ring.refresh();
    expect((await keySetOf(app)).keys.map((key) => key.kid)).toEqual([kid]);
    await rotation.clear();
    expect(await asSuperuser(app.database, 'SELECT kid FROM signing_keys')).toEqual([{ kid }]);
  });

  it('accepts no token of a deleted key, not even one that was verified before', async () => {
    const { accessToken } = await createPerson(app);
    expect(await isAccepted(accessToken)).toBe(true);
    await asSuperuser(app.database, `DELETE FROM signing_keys WHERE kid = '${String(kidOf(accessToken))}'`);
    await ring.refresh();
    expect(await verdictOn(app, bearer(accessToken))).toEqual([401, 'invalid_token']);
  });
});

describe('a forged token', () => {
  it('is recorded even on routes that need no token', async () => {
    const app = await startApp();
    try {
      const { accessToken } = await createPerson(app);
      const forged = `${accessToken.slice(0, -8)}AAAAAAAA`;
      expect((await app.call({ url: '/rate-limits', token: forged })).statusCode).toBe(200);
      expect((await app.call({ url: '/health/live', token: forged })).statusCode).toBe(200);
      await eventually(async () => {
        const events = await asSuperuser(
          app.database,
          `SELECT reason FROM audit_events WHERE type = 'authn_token_invalid'`,
        );
        expect(events).toEqual([{ reason: 'bad_signature' }]);
      });
    } finally {
      await app.close();
    }
  });
});

describe('a second instance', () => {
  const clock = new ManualClock(Date.now());
  let first: TestApp;
  let second: TestApp;
  beforeAll(async () => {
    first = await startApp({ clock });
    second = await startBeside(first, { clock });
  });
  afterAll(async () => {
    await second.close();
    await first.close();
  });
  afterEach(() => vi.restoreAllMocks());

  /** Returns a token under a key that only the first instance has loaded. */
  async function tokenOfNewKey(): Promise<string> {
    const rotation = await first.app.get(KeyRotation, { strict: false }).rotate();
    await first.app.get(KeyRing, { strict: false }).refresh();
    clock.advance(rotation.signsFrom.getTime() - clock.nowMs());
    const { accessToken } = await createPerson(first);
    expect(decoded(accessToken.split('.')[0])['kid']).toBe(rotation.kid);
    return accessToken;
  }

  const sixteen = <T>(value: () => T) => Array.from({ length: 16 }, value);
  /** The responses of the second instance to parallel requests. */
  const verdictsOn = (token: string) => Promise.all(sixteen(() => verdictOn(second, bearer(token))));
  const readsOfKeys = () => vi.spyOn(second.app.get(SigningKeysRepository, { strict: false }), 'all');

  it('knows the keys of the first, even those created after its start', async () => {
    const { keys } = await keySetOf(first);
    expect((await keySetOf(second)).keys).toEqual(keys);
    expect(await verdictOn(second, bearer(await tokenOfNewKey()))).toEqual([200, undefined]);
  });

  it('refuses none of many requests under a new key that arrive at once, and reads the keys once', async () => {
    const token = await tokenOfNewKey();
    const reads = readsOfKeys();
    expect(await verdictsOn(token)).toEqual(sixteen(() => [200, undefined]));
    expect(reads).toHaveBeenCalledOnce();
  });

  it('reads the keys once a second at most because of tokens of strangers', async () => {
    clock.advance(1000);
    const reads = readsOfKeys();
    const forge = newForge('ES256');
    const stranger = forge.signed(forge.header, {});
    const refused = sixteen(() => [401, 'invalid_token']);
    expect(await verdictsOn(stranger)).toEqual(refused);
    clock.advance(999);
    expect(await verdictsOn(stranger)).toEqual(refused);
    expect(reads).toHaveBeenCalledOnce();
    clock.advance(1);
    expect(await verdictsOn(stranger)).toEqual(refused);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it('is unavailable to tokens under a key that it cannot read, and reads it later', async () => {
    const known = await createPerson(second);
    const token = await tokenOfNewKey();
    const reads = readsOfKeys().mockRejectedValue(new Problem(PlatformErrors.dependency_unavailable));
    const unavailable = sixteen(() => [503, 'dependency_unavailable']);
    expect(await verdictsOn(token)).toEqual(unavailable);
    expect(await verdictsOn(token)).toEqual(unavailable);
    expect(reads).toHaveBeenCalledOnce();
    expect(await verdictOn(second, bearer(known.accessToken))).toEqual([200, undefined]);
    reads.mockRestore();
    clock.advance(1000);
    expect(await verdictOn(second, bearer(token))).toEqual([200, undefined]);
  });
});

describe('a supplied signing key', () => {
  const pemOf = (modulusLength: number, publicExponent = 65_537) =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();

  it.each([
    ['is too short', () => pemOf(1024)],
    ['has an odd exponent', () => pemOf(2048, 3)],
    ['does not fit the algorithm', () => newForge('ES256').pem],
    ['is not a key', () => 'no key'],
  ])('prevents the start if it %s', async (_what, pem) => {
    const start = startApp({ variables: { JWT_ALGORITHM: 'RS256', JWT_PRIVATE_KEY: pem() } });
    await expect(start).rejects.toThrow(ConfigurationFault);
    await expect(start).rejects.toThrow(/^JWT_PRIVATE_KEY /);
  });

  it('signs at once, cannot be rotated by the service, and leaves tokens of the previous key valid', async () => {
    const clock = new ManualClock(Date.now());
    const generated = await startApp({ clock, variables: { JWT_ALGORITHM: 'RS256' } });
    const before = await createPerson(generated);
    clock.advance(1000);
    const forge = newForge('RS256');
    const supplied = await startBeside(generated, {
      clock,
      variables: { JWT_ALGORITHM: 'RS256', JWT_PRIVATE_KEY: forge.pem },
    });
    try {
      const after = await openSession(supplied, before.user.email);
      expect(decoded(after.accessToken.split('.')[0])['kid']).toBe(forge.kid);
      expect(await verdictOn(supplied, bearer(before.accessToken))).toEqual([200, undefined]);
      await expect(supplied.app.get(KeyRotation, { strict: false }).rotate()).rejects.toThrow(
        ConfigurationFault,
      );
      const [row] = await asSuperuser<{ sealed: Buffer | null }>(
        generated.database,
        `SELECT sealed_private_key AS sealed FROM signing_keys WHERE kid = '${forge.kid}'`,
      );
      expect(row).toEqual({ sealed: null });
      clock.advance(2 * 60 * 60_000);
      for (const { app } of [generated, supplied]) await app.get(KeyRing, { strict: false }).refresh();
      for (const instance of [generated, supplied])
        expect((await keySetOf(instance)).keys.map((key) => key.kid)).toEqual([forge.kid]);
    } finally {
      await supplied.close();
      await generated.close();
    }
  });
});
