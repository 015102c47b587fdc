import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isProblem } from '../../../packages/client/src/index.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { logIn, newAddress, PASSWORD, register } from '../../support/app/accounts.js';
import { codeOf, enrolTotp } from '../../support/app/factors.js';
import { failure, ObservedClients, problem, SlowStorage } from '../../support/packages/observed-clients.js';
import { eventually } from '../../support/time/eventually.js';

describe('@portcullis/client in Node.js', () => {
  const service = new ObservedClients();
  const { answers, client, clock, expire, reasons, sent, signedIn } = service;
  beforeAll(service.start);
  afterAll(service.stop);
  beforeEach(service.reset);

  it('registers, signs in, reads, changes and signs out', async () => {
    const one = client();
    const email = newAddress();
    expect(await one.register({ email, password: PASSWORD })).toMatchObject({ email, roles: ['user'] });
    expect(await one.isSignedIn()).toBe(false);
    const { user, session, accessToken } = await one.login({ email, password: PASSWORD });
    expect(accessToken.split('.')).toHaveLength(3);
    expect(await one.me()).toEqual(user);
    expect(await one.request('PUT', '/users/me', { body: { displayName: 'Ada' } })).toMatchObject({
      displayName: 'Ada',
    });
    const { items } = await one.request('GET', '/users/me/activity', { query: { limit: 1 } });
    expect(items.length).toBeLessThanOrEqual(1);
    expect(sent.at(-1)).toBe('GET /users/me/activity?limit=1');
    expect((await one.refresh()).session).toEqual(session);
    const sessions = await one.request('GET', '/users/me/sessions');
    expect(sessions.items.map(({ id }) => id)).toEqual([session.id]);
    await one.logout();
    expect([await one.isSignedIn(), reasons]).toEqual([false, ['logout']]);
    expect(await failure(one.me())).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(reasons).toEqual(['logout']);
  });

  it('fills in the parameters of paths, and answers undefined where there is no body', async () => {
    const one = await signedIn();
    const { session } = await logIn(service.app, (await one.me()).email);
    expect(
      await one.request('DELETE', '/users/me/sessions/{id}', { params: { id: session.id } }),
    ).toBeUndefined();
    const odd = failure(one.request('DELETE', '/users/me/sessions/{id}', { params: { id: '../me' } }));
    expect(isProblem(await odd)).toBe(true);
    expect(sent.at(-1)).toBe('DELETE /users/me/sessions/..%2Fme');
  });

  it.each(['', '.', '..', null])('sends no request whose path has the parameter %j', async (id) => {
    const one = await signedIn();
    const removal = one.request('DELETE', '/users/me/sessions/{id}', { params: { id: id as string } });
    const error = await failure(removal);
    expect([error, error.message]).toEqual([expect.any(TypeError), expect.stringContaining('id')]);
    expect(sent).toEqual([]);
  });

  it('takes no page of a proxy for an answer', async () => {
    const one = await signedIn();
    answers.push(
      () => new Response('<h1>Sign in to the network</h1>', { headers: { 'content-type': 'text/html' } }),
    );
    expect(await failure(one.me())).toMatchObject({ status: 200, code: 'unknown' });
    expect(await one.isSignedIn()).toBe(true);
  });

  it('asks for tokens in its own transport, whatever a login says', async () => {
    const one = client();
    const email = await register(service.app);
    const credentials = { email, password: PASSWORD, tokenTransport: 'cookie' as const };
    await one.request('POST', '/auth/login', { body: credentials });
    expect(await one.me()).toMatchObject({ email });
  });

  it('renews an expired token once for all requests, and repeats each of them once', async () => {
    const one = await signedIn();
    await expire();
    const { id } = await one.me();
    await expire();
    sent.length = 0;
    const all = await Promise.all(Array.from({ length: 16 }, () => one.me()));
    expect(all.map((user) => user.id)).toEqual(Array.from({ length: 16 }, () => id));
    expect(sent.filter((call) => call === 'POST /auth/refresh')).toHaveLength(1);
    expect(sent.filter((call) => call === 'GET /users/me')).toHaveLength(32);
  });

  it('keeps its tokens in a storage, which several clients can share', async () => {
    const storage = new SlowStorage();
    const one = await signedIn({ storage });
    const other = client({ storage });
    expect(await other.isSignedIn()).toBe(true);
    await expire();
    await Promise.all([one.me(), other.me(), one.me(), other.me()]);
    expect(sent.filter((call) => call === 'POST /auth/refresh').length).toBeLessThanOrEqual(2);
    expect([...storage.values.keys()]).toEqual([`portcullis:${service.app.url}`]);
    answers.push(() => new TypeError('fetch failed'));
    expect(await failure(other.logout())).toBeInstanceOf(TypeError);
    expect([storage.values.size, reasons]).toEqual([0, ['logout']]);
  });

  it('leaves later tokens of another tab as they are, if its own refresh is answered late', async () => {
    const storage = new SlowStorage();
    const one = await signedIn({ storage });
    const [[name, kept]] = [...storage.values] as [[string, string]];
    const later = JSON.stringify({ ...(JSON.parse(kept) as object), stamp: 'of another tab' });
    const slow = client({
      storage,
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        storage.values.set(name, later);
        return answer;
      },
    });
    await slow.refresh();
    expect(storage.values.get(name)).toBe(later);
    expect(await one.isSignedIn()).toBe(true);
  });

  it('signs out once where the session has ended, and not where a request is refused otherwise', async () => {
    const one = await signedIn();
    await failure(one.request('GET', '/alerts'));
    await failure(one.request('POST', '/users/me/email', { body: { email: 'no address' } }));
    expect(reasons).toEqual([]);
    await asSuperuser(service.app.database, `UPDATE sessions SET revoked_at = now()`);
    await eventually(async () => expect(await failure(one.me())).toMatchObject({ code: 'session_ended' }));
    expect(reasons).toEqual(['session_ended']);
    expect(await failure(one.me())).toMatchObject({ code: 'unauthenticated' });
    expect(reasons).toEqual(['session_ended']);
  });

  it('asks again once, after Retry-After, and throws a longer wait at once', async () => {
    const one = await signedIn();
    const soon = { 'retry-after': '0' };
    answers.push(() => problem(429, 'rate_limited', soon));
    await one.me();
    answers.push(
      () => problem(503, 'overloaded', soon),
      () => problem(503, 'overloaded', soon),
    );
    expect(await failure(one.me())).toMatchObject({ status: 503, retryAfterSeconds: 0 });
    answers.push(() => problem(429, 'rate_limited', { 'retry-after': '31' }));
    expect(await failure(one.me())).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 31 });
    expect(sent).toHaveLength(5);
    expect(reasons).toEqual([]);
  });

  it('repeats a POST only where the service says that it did nothing', async () => {
    const one = await signedIn();
    const step = () => one.stepUp({ password: PASSWORD });
    answers.push(() => problem(503, 'overloaded', { 'retry-after': '0' }));
    await step();
    answers.push(() => new Response('<h1>Bad</h1>', { status: 503, headers: { 'retry-after': '0' } }));
    expect(await failure(step())).toMatchObject({ status: 503, code: 'unknown', requestId: null });
    answers.push(() => problem(503, 'mail_unconfigured', { 'retry-after': '0' }));
    await failure(step());
    // Also the answer where the database was lost during a commit.
    answers.push(() => problem(503, 'dependency_unavailable', { 'retry-after': '0' }));
    const register = one.register({ email: newAddress(), password: PASSWORD });
    expect(await failure(register)).toMatchObject({ code: 'dependency_unavailable' });
    expect(sent.filter((call) => call === 'POST /auth/register')).toHaveLength(1);
    answers.push(() => new TypeError('fetch failed'));
    expect(await failure(step())).toBeInstanceOf(TypeError);
    expect(sent.filter((call) => call === 'POST /auth/step-up')).toHaveLength(5);
  });

  it.each([
    ['a limit', () => problem(429, 'rate_limited', { 'retry-after': '0' })],
    ['an overload', () => problem(503, 'overloaded', { 'retry-after': '0' })],
  ])('goes on after %s of a refresh', async (_what, answer) => {
    const one = await signedIn();
    await expire();
    answers.push(() => problem(401, 'invalid_token'), answer);
    await one.me();
    expect(sent).toEqual(['GET /users/me', 'POST /auth/refresh', 'POST /auth/refresh', 'GET /users/me']);
    answers.push(() => problem(401, 'invalid_token'), answer, answer);
    await failure(one.me());
    expect([reasons, await one.isSignedIn()]).toEqual([[], true]);
    await one.me();
  });

  it('signs out where a refresh token was used twice', async () => {
    const one = await signedIn();
    answers.push(
      () => problem(401, 'invalid_token'),
      () => problem(401, 'refresh_token_reused'),
    );
    await failure(one.me());
    expect(reasons).toEqual(['refresh_token_reused']);
  });

  it('counts a date of Retry-After from the Date of the answer', async () => {
    const one = await signedIn();
    const headers = { 'retry-after': 'Wed, 21 Oct 2015 07:28:40 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' };
    answers.push(() => problem(503, 'overloaded', headers));
    expect(await failure(one.me())).toMatchObject({ retryAfterSeconds: 40 });
  });

  it.each([
    ['whose requests have credentials', Request, ['omit']],
    ['whose requests have none, as in some workers', class {}, []],
  ])('sends with the given function on a platform %s', async (_what, platform, credentials) => {
    const calls: unknown[] = [];
    vi.stubGlobal('Request', platform);
    onTestFinished(() => void vi.unstubAllGlobals());
    const one = client({
      fetch(this: unknown, _url, init) {
        calls.push([this, Object.entries(init!).filter(([name]) => name === 'credentials')]);
        return Promise.resolve(Response.json({}));
      },
    });
    await one.me();
    expect(calls).toEqual([[undefined, credentials.map((value) => ['credentials', value])]]);
  });

  it('stops waiting for a refresh where the caller aborts, and lets the refresh go on', async () => {
    const one = await signedIn();
    await expire();
    const abort = new AbortController();
    answers.push(
      () => problem(401, 'invalid_token'),
      () => {
        abort.abort(new Error('enough'));
        return problem(429, 'rate_limited', { 'retry-after': '1' });
      },
    );
    const error = await failure(one.request('GET', '/users/me', { signal: abort.signal }));
    expect([error.message, sent]).toEqual(['enough', ['GET /users/me', 'POST /auth/refresh']]);
    await one.me();
    expect(sent.slice(2)).toEqual(['GET /users/me', 'POST /auth/refresh', 'GET /users/me']);
  });

  it('stops waiting for a refresh ahead of time where the caller aborts', async () => {
    const abort = new AbortController();
    const ids = { user: { id: 'Ada' }, session: { id: 'of Ada' } };
    const login = { ...ids, accessToken: 'a', refreshToken: 'r', expiresIn: 0 };
    const replies = [
      () => Promise.resolve(Response.json(login)),
      () => {
        abort.abort(new Error('enough'));
        return new Promise<Response>(() => undefined);
      },
    ];
    const one = client({ fetch: () => replies.shift()!() });
    await one.login({ email: 'ada@example.com', password: 'of Ada' });
    const error = await failure(one.request('GET', '/users/me', { signal: abort.signal }));
    expect(error.message).toBe('enough');
  });

  it('stops waiting where the caller aborts', async () => {
    const one = await signedIn();
    const abort = new AbortController();
    answers.push(() => {
      setTimeout(() => abort.abort(new Error('enough')), 20);
      return problem(429, 'rate_limited', { 'retry-after': '20' });
    });
    const error = await failure(one.request('GET', '/users/me', { signal: abort.signal }));
    expect(error.message).toBe('enough');
  });

  it('asks for a second factor at login, and for a recent proof where a route wants one', async () => {
    const email = await register(service.app);
    const { secret } = await enrolTotp(service.app, await logIn(service.app, email), clock.nowMs());
    const asked: unknown[] = [];
    const one = client({
      onFactor: ({ token, methods }) => {
        asked.push(methods);
        clock.advance(30_000);
        return one.loginFactor({ challenge: token, method: 'totp', code: codeOf(secret, clock.nowMs()) });
      },
      onStepUp: async (challenge) => {
        asked.push(challenge);
        clock.advance(30_000);
        await one.stepUp({ method: 'totp', code: codeOf(secret, clock.nowMs()) });
        return true;
      },
    });
    expect((await one.login({ email, password: PASSWORD })).user.email).toBe(email);
    clock.advance(601_000);
    expect(await one.request('POST', '/users/me/recovery-codes')).toMatchObject({
      recoveryCodes: expect.any(Array) as string[],
    });
    expect(asked).toEqual([
      ['totp', 'recovery_code'],
      { acrValues: ['aal2'], maxAgeSeconds: 600, methods: ['totp'] },
    ]);
    const silent = client();
    const error = await failure(silent.login({ email, password: PASSWORD }));
    expect(error).toMatchObject({
      code: 'factor_required',
      challenge: { methods: ['totp', 'recovery_code'] },
    });
  });

  it('gives streams as async iterables', async () => {
    const email = await register(service.app);
    await asSuperuser(service.app.database, `UPDATE users SET roles = '{admin}' WHERE email = '${email}'`);
    const one = client();
    await one.login({ email, password: PASSWORD });
    const entries: unknown[] = [];
    for await (const entry of await one.request('GET', '/audit/export', { query: { type: 'user_created' } }))
      entries.push(entry);
    expect(entries.length).toBeGreaterThan(0);
    expect(entries[0]).toMatchObject({ type: 'user_created' });
    const csv = { query: { type: 'user_created' }, headers: { accept: 'text/csv' } } as const;
    expect(await one.request('GET', '/audit/export', csv)).toEqual(expect.stringContaining('user_created'));
    const events = await one.request('GET', '/audit/stream', { query: { type: 'session_created' } });
    await logIn(service.app, email);
    for await (const { data, id } of events) {
      expect([JSON.parse(data), id]).toEqual([
        expect.objectContaining({ type: 'session_created' }),
        expect.any(String),
      ]);
      break;
    }
  });
});
