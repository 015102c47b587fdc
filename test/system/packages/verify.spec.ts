import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Claims } from '../../../packages/verify/src/claims.js';
import { RevocationList } from '../../../packages/verify/src/revocation-list.js';
import { createVerifier, type Verifier, type VerifierOptions } from '../../../packages/verify/src/index.js';
import { publicJwkOf } from '../../../src/sessions/keys/key-material.js';
import type { Tokens } from '../../support/app/accounts.js';
import { createPerson } from '../../support/app/people.js';
import { exchange } from '../../support/app/raw-exchange.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { startFeedWithoutLines } from '../../support/packages/feed-without-lines.js';
import { PROTECTED_APIS, type ProtectedApi } from '../../support/packages/protected-apis.js';
import { ALGORITHM_FORGERIES } from '../../support/tokens/algorithm-forgeries.js';
import { CLAIM_FORGERIES } from '../../support/tokens/claim-forgeries.js';
import { FORM_FORGERIES } from '../../support/tokens/form-forgeries.js';
import type { Model } from '../../support/tokens/forgery.js';
import { KEY_FORGERIES } from '../../support/tokens/key-forgeries.js';
import { SIGNATURE_FORGERIES } from '../../support/tokens/signature-forgeries.js';
import { decoded, newForge, type TokenForge } from '../../support/tokens/token-forge.js';

const FORGERIES = [
  ...ALGORITHM_FORGERIES,
  ...KEY_FORGERIES,
  ...FORM_FORGERIES,
  ...SIGNATURE_FORGERIES,
  ...CLAIM_FORGERIES,
];
const ISSUER = 'http://localhost:3000';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const FRAMEWORKS = Object.keys(PROTECTED_APIS);

describe.each(['RS256', 'ES256'] as const)(
  '@portcullis/verify, for a service that signs with %s',
  (algorithm) => {
    let app: TestApp;
    let forge: TokenForge;
    let tokens: Tokens;
    let model: Model;
    let listener: Server;
    let verifier: Verifier;
    let visits = 0;
    const open: ProtectedApi[] = [];

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
      model = {
        forge,
        genuine: tokens.accessToken,
        claims: decoded(tokens.accessToken.split('.')[1]),
        other: (await createPerson(app)).accessToken,
        trap: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
      };
      verifier = createVerifier({ issuer: ISSUER, audience: 'portcullis', url: app.url });
    });
    afterAll(async () => {
      verifier.close();
      for (const api of open) await api.close();
      await app.close();
      listener.close();
    });

    const start = async (framework: string, requirements = {}) => {
      const api = await PROTECTED_APIS[framework]!(verifier, requirements);
      open.push(api);
      return api;
    };
    const codeOf = async (answer: Response) => [
      answer.status,
      ((await answer.json()) as { code?: string }).code,
    ];

    it('accepts a genuine token, and says who sent it', async () => {
      expect(await verifier.verify(model.genuine)).toEqual({
        subject: tokens.user.id,
        sessionId: tokens.session.id,
        roles: ['user'],
        scopes: [],
        acr: 'aal1',
        claims: model.claims,
      });
      await verifier.verify(forge.signed({ ...forge.header, typ: 'application/at+jwt' }, model.claims));
    });

    it.each(FORGERIES)('refuses a token with %s', async (_what, make) => {
      await expect(verifier.verify(await make(model))).rejects.toMatchObject({ code: 'invalid_token' });
    });

    it('accepts an assertion of the gateway for its audience, and refuses one without a session and a key', async () => {
      const { client_id: _none, ...rest } = model.claims;
      const claims = { ...rest, aud: 'orders', rule: 'orders', scope: '' };
      const orders = createVerifier({ issuer: ISSUER, audience: 'orders', url: app.url });
      const signed = (members: object) =>
        forge.signed({ ...forge.header, typ: 'assertion+jwt' }, { ...claims, ...members });
      expect(await orders.verify(signed({}))).toMatchObject({
        subject: tokens.user.id,
        claims: { rule: 'orders' },
      });
      const key = '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d';
      const ofKey = signed({ sid: '', roles: [], key, scope: 'orders:read' });
      expect(await orders.verify(ofKey)).toMatchObject({ sessionId: null, scopes: ['orders:read'] });
      for (const token of [signed({ sid: '', key: '' }), signed({ aud: 'portcullis' }), model.genuine])
        await expect(orders.verify(token)).rejects.toMatchObject({ code: 'invalid_token' });
    });

    it.each(FRAMEWORKS)('refuses all forged tokens in %s', async (framework) => {
      const { url } = await start(framework);
      expect(await (await fetch(url, { headers: bearer(model.genuine) })).json()).toMatchObject({
        subject: tokens.user.id,
      });
      for (const [what, make] of FORGERIES) {
        const answer = await fetch(url, { headers: bearer(await make(model)) });
        expect([what, ...(await codeOf(answer))]).toEqual([what, 401, 'invalid_token']);
      }
      expect(visits).toBe(0);
    });

    it.each(FRAMEWORKS)('reads Authorization only, and only once, in %s', async (framework) => {
      const { url } = await start(framework);
      const answered = async (lines: string) => {
        const [answer] = await exchange(
          url,
          `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
        );
        return [answer!.status, (JSON.parse(answer!.body) as { code?: string }).code];
      };
      const field = (value: string) => `Authorization: ${value}\r\n`;
      const good = `Bearer ${model.genuine}`;
      expect(await answered(field(good))).toEqual([200, undefined]);
      for (const lines of [
        field(good) + field(good),
        field('Bearer x') + field(good),
        field(good) + field(''),
        field(`${good}, ${good}`),
        field(`Basic YTpi, ${good}`),
        field(`Bearer  ${model.genuine}`),
        field(''),
      ])
        expect([lines, ...(await answered(lines))]).toEqual([lines, 401, 'invalid_token']);
      for (const lines of ['', `Cookie: access_token=${model.genuine}\r\n`, field('Basic YTpi')])
        expect([lines, ...(await answered(lines))]).toEqual([lines, 401, 'unauthenticated']);
      const query = await fetch(`${url}?access_token=${model.genuine}`);
      expect(await codeOf(query)).toEqual([401, 'unauthenticated']);
    });

    it.each(FRAMEWORKS)('answers refusals as the service does, in %s', async (framework) => {
      const { url } = await start(framework, { roles: ['admin'], acr: 'aal2' });
      const answer = await fetch(url, { headers: { ...bearer('x'), 'x-request-id': 'request-1' } });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      expect(answer.headers.get('x-request-id')).toBe('request-1');
      expect(await answer.json()).toEqual({
        type: `${ISSUER}/docs/errors#invalid_token`,
        title: 'Invalid token',
        status: 401,
        detail: expect.any(String) as string,
        code: 'invalid_token',
        requestId: 'request-1',
      });
      expect((await fetch(url)).headers.get('www-authenticate')).toBe('Bearer');
      expect(await codeOf(await fetch(url, { headers: bearer(model.genuine) }))).toEqual([403, 'forbidden']);
    });

    it.each(FRAMEWORKS)('checks roles, scopes, strength and age of the proof, in %s', async (framework) => {
      const signed = (members: object) => bearer(forge.signed(forge.header, { ...model.claims, ...members }));
      const { sid: _sid, roles: _roles, ...unbound } = model.claims;
      const key = '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d';
      const machine = bearer(
        forge.signed(forge.header, { ...unbound, key, scope: 'orders:read orders:write' }),
      );
      const strict = await start(framework, { roles: ['admin'], scopes: ['orders:write'] });
      expect((await fetch(strict.url, { headers: signed({ roles: ['user', 'admin'] }) })).status).toBe(200);
      expect((await fetch(strict.url, { headers: signed({ roles: ['user'] }) })).status).toBe(403);
      expect((await fetch(strict.url, { headers: machine })).status).toBe(200);
      const keyOf = (...owner_roles: string[]) =>
        bearer(forge.signed(forge.header, { ...unbound, key, scope: 'orders:write', owner_roles }));
      expect((await fetch(strict.url, { headers: keyOf('user', 'admin') })).status).toBe(200);
      const ofStranger = await fetch(strict.url, { headers: keyOf('user') });
      expect([ofStranger.status, ofStranger.headers.get('www-authenticate')]).toEqual([
        403,
        'Bearer error="insufficient_scope", scope="orders:write"',
      ]);
      const services = await start(framework, { roles: [], scopes: ['orders:write'] });
      expect((await fetch(services.url, { headers: keyOf('user', 'admin') })).status).toBe(403);
      expect((await fetch(services.url, { headers: signed({ roles: ['admin'] }) })).status).toBe(403);
      expect((await fetch(services.url, { headers: machine })).status).toBe(200);
      const machines = await start(framework, { scopes: ['orders:delete'] });
      expect((await fetch(machines.url, { headers: signed({ roles: ['admin'] }) })).status).toBe(403);
      const refused = await fetch(machines.url, { headers: machine });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        403,
        'Bearer error="insufficient_scope", scope="orders:delete"',
      ]);
      const recent = await start(framework, { acr: 'aal2', maxAgeSeconds: 600 });
      const now = Math.floor(Date.now() / 1000);
      expect(
        (await fetch(recent.url, { headers: signed({ acr: 'aal2', auth_time: now - 590 }) })).status,
      ).toBe(200);
      for (const proof of [
        { acr: 'aal1', auth_time: now },
        { acr: 'aal2', auth_time: now - 700 },
      ]) {
        const answer = await fetch(recent.url, { headers: signed(proof) });
        expect(answer.headers.get('www-authenticate')).toBe(
          'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"',
        );
        expect(await codeOf(answer)).toEqual([401, 'insufficient_user_authentication']);
      }
      expect((await fetch(recent.url, { headers: machine })).status).toBe(403);
    });

    it.each(FRAMEWORKS)('reads the cookie where asked to, from pages it knows, in %s', async (framework) => {
      const { url } = await start(framework, { cookies: true, origins: ['https://app.example.com'] });
      const cookie = `theme=dark; access_token=${model.genuine}`;
      const sent = async (method: string, headers: Record<string, string>) =>
        (await fetch(url, { method, headers: { cookie, ...headers } })).status;
      expect(await sent('GET', {})).toBe(200);
      expect(await sent('GET', { authorization: 'Basic YTpi' })).toBe(200);
      expect(await sent('GET', { authorization: 'Bearer x' })).toBe(401);
      expect(await sent('GET', { cookie: `${cookie}; access_token=x` })).toBe(401);
      for (const origin of [ISSUER, 'https://app.example.com'])
        expect(await sent('POST', { origin })).toBeLessThan(300);
      expect(await sent('POST', { 'sec-fetch-site': 'same-origin' })).toBeLessThan(300);
      const strangers: Record<string, string>[] = [
        {},
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'same-site' },
      ];
      for (const headers of strangers) expect([headers, await sent('POST', headers)]).toEqual([headers, 403]);
      expect(await sent('POST', { cookie: '', ...bearer(model.genuine) })).toBeLessThan(300);
    });

    it.each(FRAMEWORKS)(
      'lets only pages it knows open a WebSocket with the cookie, in %s',
      async (framework) => {
        const { url } = await start(framework, { cookies: true, origins: ['https://app.example.com'] });
        const opened = async (...fields: string[]) => {
          const lines = [
            'GET / HTTP/1.1',
            `Host: ${new URL(url).host}`,
            `Cookie: access_token=${model.genuine}`,
          ];
          const [answer] = await exchange(url, [...lines, ...fields, '', ''].join('\r\n'));
          return answer!.status;
        };
        const upgrade = ['Connection: close, Upgrade', 'Upgrade: websocket'];
        expect(await opened(...upgrade, 'Origin: https://app.example.com')).toBe(200);
        const handshakes = [
          upgrade,
          ['Connection: close', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
          ['Connection: close', 'Sec-Fetch-Mode: websocket'],
        ];
        for (const fields of handshakes)
          for (const origin of ['Origin: https://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site'])
            expect([fields, origin, await opened(...fields, origin)]).toEqual([fields, origin, 403]);
      },
    );

    it('fails closed where the keys cannot be read', async () => {
      const lonely = createVerifier({ issuer: ISSUER, audience: 'portcullis', url: 'http://127.0.0.1:1' });
      await expect(lonely.verify(model.genuine)).rejects.toMatchObject({ code: 'verification_unavailable' });
      await expect(lonely.verify('x')).rejects.toMatchObject({ code: 'invalid_token' });
    });
  },
);

describe('the adapters of @portcullis/verify', () => {
  /** What an API answers whose verifier does not reach the service. */
  async function answered(framework: string, onError: VerifierOptions['onError']): Promise<Response> {
    const url = 'http://127.0.0.1:1';
    const api = await PROTECTED_APIS[framework]!(
      createVerifier({ issuer: ISSUER, audience: 'portcullis', url, onError }),
      {},
    );
    onTestFinished(() => api.close());
    const forge = newForge('ES256');
    const headers = { ...bearer(forge.signed(forge.header, {})), 'x-request-id': 'request-1' };
    return fetch(api.url, { headers });
  }

  it.each(FRAMEWORKS)(
    'tell the program why they refuse, and the caller no cause, in %s',
    async (framework) => {
      const onError = vi.fn<NonNullable<VerifierOptions['onError']>>();
      const answer = await answered(framework, onError);
      expect(await answer.json()).toEqual({
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        detail: 'Tokens cannot be verified at the moment; try again shortly.',
        code: 'verification_unavailable',
        requestId: 'request-1',
      });
      expect(onError.mock.calls).toMatchObject([
        [{ code: 'verification_unavailable', cause: { message: 'fetch failed' } }, 'request-1'],
      ]);
    },
  );

  it.each(FRAMEWORKS)('answer also where the program fails at that, in %s', async (framework) => {
    const fails = () => {
      throw new Error('The log is full.');
    };
    expect((await answered(framework, fails)).status).toBe(500);
  });
});

describe('the keys of @portcullis/verify', () => {
  /** A service of which only the keys are there, and a verifier of its tokens. */
  async function keysOnly() {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const published: TokenForge[] = [];
    const state = { fetches: 0, isAway: false, isSilent: false, answer: null as string | null };
    const service = createHttpServer((_request, response) => {
      state.fetches += 1;
      if (state.isSilent) return;
      if (state.isAway) response.statusCode = 503;
      const keys = published.map(({ privateKey, algorithm }) => publicJwkOf(privateKey, algorithm));
      response.setHeader('content-type', 'application/json').end(state.answer ?? JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    onTestFinished(() => {
      vi.useRealTimers();
      service.closeAllConnections();
      service.close();
    });
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const verifier = createVerifier({ issuer: ISSUER, audience: 'portcullis', url });
    const id = '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d';
    const iat = Math.floor(Date.now() / 1000);
    const names = { iss: ISSUER, aud: 'portcullis', sub: id, sid: id, jti: id, client_id: 'portcullis' };
    const claims = { ...names, iat, exp: iat + 7200, roles: ['user'] };
    const outcome = (forge: TokenForge) =>
      verifier.verify(forge.signed(forge.header, claims)).then(
        () => 'accepted',
        ({ code }: { code: string }) => code,
      );
    return { published, state, outcome };
  }

  it('are fetched at once for an unknown kid, and at most once in five seconds', async () => {
    const { published, state, outcome } = await keysOnly();
    const [first, second, third] = [newForge('ES256'), newForge('ES256'), newForge('ES256')] as const;
    published.push(first);
    expect([await outcome(first), state.fetches]).toEqual(['accepted', 1]);
    published.push(second);
    vi.advanceTimersByTime(5000);
    expect([await outcome(second), state.fetches]).toEqual(['accepted', 2]);
    published.push(third);
    vi.advanceTimersByTime(4999);
    const many = await Promise.all(Array.from({ length: 16 }, () => outcome(third)));
    expect([new Set(many), state.fetches]).toEqual([new Set(['invalid_token']), 2]);
    vi.advanceTimersByTime(1);
    const again = await Promise.all(Array.from({ length: 16 }, () => outcome(third)));
    expect([new Set(again), state.fetches]).toEqual([new Set(['accepted']), 3]);
  });

  it('are read again after ten minutes, so that a withdrawn one is refused', async () => {
    const { published, outcome } = await keysOnly();
    const [withdrawn, kept] = [newForge('ES256'), newForge('ES256')] as const;
    published.push(withdrawn, kept);
    expect(await outcome(withdrawn)).toBe('accepted');
    published.shift();
    vi.advanceTimersByTime(600_000);
    expect([await outcome(withdrawn), await outcome(kept)]).toEqual(['invalid_token', 'accepted']);
  });

  it('stay valid while the service is away, which is asked once in five seconds', async () => {
    const { published, state, outcome } = await keysOnly();
    const forge = newForge('ES256');
    published.push(forge);
    expect(await outcome(forge)).toBe('accepted');
    state.isAway = true;
    vi.advanceTimersByTime(3_600_000);
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await outcome(forge)).toBe('accepted');
    expect(state.fetches).toBe(2);
    vi.advanceTimersByTime(5000);
    expect([await outcome(forge), state.fetches]).toEqual(['accepted', 3]);
  });

  it('are fetched at most once in five seconds also while that fails', async () => {
    const { published, state, outcome } = await keysOnly();
    const forge = newForge('ES256');
    published.push(forge);
    state.isAway = true;
    for (const fetches of [1, 2]) {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const many = await Promise.all(Array.from({ length: 16 }, () => outcome(forge)));
        expect([new Set(many), state.fetches]).toEqual([new Set(['verification_unavailable']), fetches]);
      }
      vi.advanceTimersByTime(5000);
    }
    state.isAway = false;
    expect([await outcome(forge), state.fetches]).toEqual(['accepted', 3]);
  });

  it('are not known where the service is away and the kid is unknown, which is asked once in five seconds', async () => {
    const { published, state, outcome } = await keysOnly();
    const [known, unknown] = [newForge('ES256'), newForge('ES256')];
    published.push(known);
    expect(await outcome(known)).toBe('accepted');
    state.isAway = true;
    vi.advanceTimersByTime(5000);
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect([await outcome(unknown), state.fetches]).toEqual(['verification_unavailable', 2]);
    expect(await outcome(known)).toBe('accepted');
    published.push(unknown);
    state.isAway = false;
    vi.advanceTimersByTime(5000);
    expect([await outcome(unknown), state.fetches]).toEqual(['accepted', 3]);
  });

  it('are waited for in full at the first attempt only, if the service is silent', async () => {
    const { published, state, outcome } = await keysOnly();
    const [known, unknown] = [newForge('ES256'), newForge('ES256')];
    const timeOf = async (forge: TokenForge) => {
      const startedAt = process.hrtime.bigint();
      const said = await outcome(forge);
      return { said, isLong: process.hrtime.bigint() - startedAt > 4_000_000_000n };
    };
    published.push(known);
    state.isSilent = true;
    const unavailable = { said: 'verification_unavailable' };
    expect(await timeOf(known)).toEqual({ ...unavailable, isLong: true });
    vi.advanceTimersByTime(5000);
    expect([await timeOf(known), state.fetches]).toEqual([{ ...unavailable, isLong: false }, 2]);
    expect([await timeOf(known), state.fetches]).toEqual([{ ...unavailable, isLong: false }, 2]);
    state.isSilent = false;
    vi.advanceTimersByTime(5000);
    expect(await timeOf(known)).toEqual({ said: 'accepted', isLong: false });
    state.isSilent = true;
    vi.advanceTimersByTime(5000);
    expect(await timeOf(unknown)).toEqual({ ...unavailable, isLong: false });
    expect(await timeOf(known)).toEqual({ said: 'accepted', isLong: false });
  });

  it.each(['{"status":"maintenance"}', '[]', '<p>Maintenance', '{"keys":[null]}'])(
    'are not known where the answer is %s',
    async (text) => {
      const { published, state, outcome } = await keysOnly();
      const forge = newForge('ES256');
      published.push(forge);
      state.answer = text;
      expect(await outcome(forge)).toBe('verification_unavailable');
      state.answer = null;
      vi.advanceTimersByTime(5000);
      expect(await outcome(forge)).toBe('accepted');
      state.answer = text;
      vi.advanceTimersByTime(600_000);
      expect(await outcome(forge)).toBe('accepted');
    },
  );
});

describe('the list of revocations of @portcullis/verify', () => {
  const startedMs = Date.now();
  const iat = Math.floor(startedMs / 1000);
  const TOKEN_MS = 1_800_000;
  const LEEWAY_MS = 60_000;
  let aheadMs = 0;
  let list: RevocationList;
  const item = {
    cursor: '1',
    keyId: null,
    reason: 'logout',
    revokedAt: new Date(startedMs).toISOString(),
    expiresAt: new Date(startedMs + TOKEN_MS).toISOString(),
  };
  beforeEach(() => {
    aheadMs = 0;
    list = new RevocationList(() => startedMs + aheadMs);
  });

  it('outlasts a clock that is ahead for a moment', () => {
    list.add({ ...item, sessionId: 'first' });
    aheadMs = TOKEN_MS + LEEWAY_MS + 1;
    list.add({ ...item, sessionId: 'second' });
    aheadMs = 0;
    expect(list.verdict({ sid: 'first', iat } as Claims)).toBe('session_ended');
  });

  it('is silent about what is over on both clocks, even if nothing is added to it any more', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    list.add({ ...item, sessionId: 'first' });
    const verdict = () => list.verdict({ sid: 'first', iat } as Claims);
    aheadMs = TOKEN_MS + LEEWAY_MS + 1;
    expect(verdict()).toBe('session_ended');
    vi.advanceTimersByTime(TOKEN_MS + LEEWAY_MS + 1);
    expect(verdict()).toBeNull();
    aheadMs = 0;
    expect(verdict()).toBe('session_ended');
  });

  it("voids only the tokens from before an account was disabled where they are a key's", () => {
    const disabled = { ...item, reason: 'disabled' };
    list.add({ ...disabled, sessionId: null, keyId: 'key' });
    list.add({ ...disabled, sessionId: 'session' });
    const verdict = (claims: Partial<Claims>) => list.verdict(claims as Claims);
    expect([verdict({ key: 'key', iat }), verdict({ key: 'key', iat: iat + 1 })]).toEqual([
      'invalid_token',
      null,
    ]);
    expect(verdict({ sid: 'session', iat: iat + 1 })).toBe('session_ended');
  });
});

describe('the first verification of @portcullis/verify', () => {
  it.each([401, 403])('waits no longer where the key is refused by %i, and says why', async (status) => {
    const feed = await startFeedWithoutLines(status);
    await feed.begun();
    expect([feed.isFresh(), feed.failure]).toMatchObject([
      false,
      { message: expect.stringMatching(new RegExp(`key.* revocations:read.*status ${status}`)) as string },
    ]);
  });
});
