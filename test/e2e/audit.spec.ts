import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SpoolDrain } from '../../src/audit/spool/spool-drain.js';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { logIn, newAddress, PASSWORD, register, signUp, type Tokens } from '../support/app/accounts.js';
import { mailTo } from '../support/app/mails.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { eventually } from '../support/time/eventually.js';
import { decoded } from '../support/tokens/token-forge.js';

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly userId: string | null;
  readonly requestId: string;
  readonly route: string | null;
  readonly status: number | null;
}

/** The request of a call, its status, and the event that is recorded with it, if any. */
type Planned = readonly [
  request: TestRequest,
  status: number,
  event?: readonly [type: string, reason: string | null],
];

type Answer = Awaited<ReturnType<TestApp['call']>>;

let app: TestApp;
let person: Tokens;
let auditor: string;

beforeAll(async () => {
  app = await startApp({
    listen: true,
    variables: { RATE_LIMIT_REGISTER: '10/60', TRUSTED_PROXIES: '127.0.0.1' },
  });
  person = await signUp(app);
  const email = await register(app);
  const administration = app.app.get(AccountAdministration, { strict: false });
  await administration.setRoles(email, ['user', 'auditor'], internalOrigin('operator'));
  auditor = (await logIn(app, email)).accessToken;
});
afterAll(() => app.close());

const read = async (query: string): Promise<Entry[]> =>
  (await app.call({ url: `/audit/events?${query}`, token: auditor })).json<{ items: Entry[] }>().items;

const JSON_TYPE = { 'content-type': 'application/json' };

/** The same token without a signature, and with the algorithm `none`. */
function unsigned(token: string): string {
  const [header, payload] = token.split('.');
  const altered = JSON.stringify({ ...decoded(header), alg: 'none' });
  return `${Buffer.from(altered).toString('base64url')}.${payload}.`;
}

/** Thirty calls that succeed and thirty that are refused. */
async function plan(): Promise<Planned[]> {
  const email = newAddress();
  const me = (token: string): TestRequest => ({ url: '/users/me', token });
  const post = (url: string, body: object | string, headers = {}): TestRequest => ({ url, body, headers });
  const login = (password: string, address = person.user.email) =>
    post('/auth/login', { email: address, password, tokenTransport: 'body' });
  const over = await signUp({
    ...app,
    call: (request) => app.call({ ...request, headers: { 'x-forwarded-for': '192.0.2.77' } }),
  });
  await app.call({ method: 'POST', url: '/auth/logout', token: over.accessToken });
  const flood = { 'x-forwarded-for': '192.0.2.99' };
  const passing: Planned[] = [
    [post('/auth/register', { email, password: PASSWORD }), 201, ['user_created', null]],
    [login(PASSWORD), 200, ['authn_login_success', null]],
    [
      { method: 'PUT', url: '/users/me', body: { displayName: 'Ada' }, token: person.accessToken },
      200,
      ['user_updated', null],
    ],
    [post('/auth/refresh', { refreshToken: person.refreshToken }), 200, ['session_renewed', null]],
    [{ url: '/audit/events', token: auditor }, 200, ['audit_read', null]],
    [post('/auth/logout', {}), 204],
    [{ url: '/.well-known/jwks.json' }, 200],
    [{ url: '/rate-limits' }, 200],
    [{ method: 'HEAD', url: '/rate-limits' }, 200],
    [{ url: '/users/me/activity', token: person.accessToken }, 200],
    ...Array.from({ length: 20 }, (): Planned => [me(person.accessToken), 200]),
  ];
  const refused: Planned[] = [
    [me(''), 401, ['authn_token_invalid', 'malformed']],
    [{ url: '/users/me' }, 401, ['authz_fail', 'unauthenticated']],
    [me(`${person.accessToken.slice(0, -6)}AAAAAA`), 401, ['authn_token_invalid', 'bad_signature']],
    [me(unsigned(person.accessToken)), 401, ['authn_token_invalid', 'bad_signature']],
    [me(over.accessToken), 401, ['session_use_after_expire', 'session_ended']],
    [login('nine crows argue over a roof'), 401, ['authn_login_fail', 'wrong_password']],
    [login(PASSWORD, newAddress()), 401, ['authn_login_fail', 'unknown_account']],
    [post('/auth/refresh', { refreshToken: 'nonsense' }), 401, ['session_renew_fail', 'invalid_token']],
    [post('/auth/refresh', { refreshToken: over.refreshToken }), 401, ['session_use_after_expire', 'logout']],
    [{ method: 'POST', url: '/auth/refresh' }, 401, ['session_renew_fail', 'unauthenticated']],
    [{ url: '/audit/events', token: person.accessToken }, 403, ['authz_fail', 'forbidden']],
    [{ url: '/audit/export', token: person.accessToken }, 403, ['authz_fail', 'forbidden']],
    [{ url: '/audit/stream', token: person.accessToken }, 403, ['authz_fail', 'forbidden']],
    [{ url: '/audit/verification', token: person.accessToken }, 403, ['authz_fail', 'forbidden']],
    [{ url: '/alerts', token: person.accessToken }, 403, ['authz_fail', 'forbidden']],
    [
      post('/auth/login', { email, password: PASSWORD }, { origin: 'https://evil.example' }),
      403,
      ['malicious_csrf', 'csrf_rejected'],
    ],
    [post('/auth/logout', {}, { 'sec-fetch-site': 'cross-site' }), 403, ['malicious_csrf', 'csrf_rejected']],
    [post('/auth/register', { email, password: PASSWORD }), 409, ['user_create_fail', 'email_taken']],
    [
      post('/auth/register', { email: 'x', password: PASSWORD }),
      400,
      ['input_validation_fail', 'validation_failed'],
    ],
    [
      post('/auth/register', { email, password: 'short' }),
      400,
      ['input_validation_fail', 'validation_failed'],
    ],
    [
      post('/auth/login', { email, password: PASSWORD, admin: true }),
      400,
      ['input_validation_fail', 'validation_failed'],
    ],
    [
      { url: '/users/me/activity?limit=0', token: person.accessToken },
      400,
      ['input_validation_fail', 'validation_failed'],
    ],
    [post('/auth/login', '{', JSON_TYPE), 400],
    [post('/auth/login', 'a=b', { 'content-type': 'text/plain' }), 415],
    [post('/auth/login', { email, password: 'x'.repeat(70_000) }), 413],
    [{ url: '/nothing' }, 404],
    [{ url: '/users/me/' }, 404],
    [{ method: 'PATCH', url: '/users/me' }, 405],
    [{ method: 'GET', url: '/auth/login' }, 405],
    [post('/auth/register', {}, flood), 429, ['excess_rate_limit_exceeded', 'rate_limited']],
  ];
  for (let call = 0; call < 10; call += 1) await app.call(post('/auth/register', {}, flood));
  expect([passing.length, refused.length]).toEqual([30, 30]);
  return passing.flatMap((call, index) => [call, refused[index]!]);
}

describe('the trail', { timeout: 60_000 }, () => {
  it('contains all of sixty calls, half of them refused, with their request ids', async () => {
    const planned = await plan();
    const answers: Answer[] = [];
    for (const [request] of planned) {
      answers.push(await app.call(request));
    }
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(planned.map(([, status]) => status));
    await eventually(async () => {
      for (const [index, [, status, [type, reason] = [null]]] of planned.entries()) {
        const { headers, body } = answers[index]!;
        const entries = await read(`requestId=${String(headers['x-request-id'])}`);
        const call = entries.filter((entry) => entry.type === 'api_call');
        const outcome = status < 400 ? 'success' : 'failure';
        const code = status < 400 ? null : (JSON.parse(body) as { code: string }).code;
        expect(call.map((entry) => [entry.status, entry.outcome, entry.reason])).toEqual([
          [status, outcome, code],
        ]);
        const events = entries.filter((entry) => entry.type !== 'api_call');
        const found = events.some((event) => event.type === type && event.reason === reason);
        expect([found, found || events.length === 0], `beside call ${index}`).toEqual([type !== null, true]);
      }
    });
  });

  const failedLogin = async (email: string): Promise<Entry | undefined> => {
    const { headers } = await app.call({ url: '/auth/login', body: { email, password: 'x' } });
    return (await read(`type=authn_login_fail&requestId=${String(headers['x-request-id'])}`))[0];
  };

  it('contains the account of a failed login if it exists, and never the submitted address', async () => {
    const [ofPerson, ofNobody] = [
      await failedLogin(person.user.email),
      await failedLogin('ghost@example.org'),
    ];
    expect([ofPerson?.userId, ofNobody?.userId]).toEqual([person.user.id, null]);
    expect(JSON.stringify([ofPerson, ofNobody])).not.toMatch(/@|ghost/);
  });

  it('can be read with filters, page by page, without gaps or duplicates', async () => {
    const { id } = person.user;
    // Calls of the tests before may still be in the spool.
    await app.app.get(SpoolDrain).run();
    const all = await read(`userId=${id}&type=api_call&limit=200`);
    const paged: Entry[] = [];
    for (let cursor = ''; ;) {
      const answer = await app.call({
        url: `/audit/events?userId=${id}&type=api_call&limit=3${cursor}`,
        token: auditor,
      });
      const { items, nextCursor } = answer.json<{ items: Entry[]; nextCursor: string | null }>();
      expect(items.length).toBeLessThanOrEqual(3);
      paged.push(...items);
      if (nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
    }
    expect(paged.map((entry) => entry.id)).toEqual(all.map((entry) => entry.id));
    expect(all.length).toBeGreaterThan(20);
    expect((await read(`outcome=failure&userId=${id}`)).every(({ outcome }) => outcome === 'failure')).toBe(
      true,
    );
  });

  it.each([
    'type=login',
    'outcome=maybe',
    'userId=1',
    'address=localhost',
    'from=yesterday',
    'limit=1000',
    'x=1',
    'cursor=abc',
    'from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z',
    'from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2026-02-30T00:00:00Z&to=2026-03-04T00:00:00Z',
  ])('refuses an invalid filter: %s', async (query) => {
    const answer = await app.call({ url: `/audit/events?${query}`, token: auditor });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'validation_failed']);
  });

  it.each(['seals', 'verification'])('refuses an invalid range of %s', async (what) => {
    const range = 'from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z';
    const answer = await app.call({ url: `/audit/${what}?${range}`, token: auditor });
    expect([answer.statusCode, answer.json().errors]).toMatchObject([400, [{ pointer: '#/from' }]]);
  });

  it('shows users the events of their account in plain words, without those of others', async () => {
    const { items } = (await app.call({ url: '/users/me/activity', token: person.accessToken })).json();
    const summaries = items.map(({ summary }: { summary: string }) => summary);
    expect(summaries).toContainEqual(expect.stringMatching(/^Signed in from .*, 127\.0\.0\.0\/24$/));
    expect(new Set(items.map(({ userId }: Entry) => userId))).toEqual(new Set([person.user.id]));
  });

  it('shows users each login in one line, and each new password with how it was set', async () => {
    const email = await register(app);
    await app.call({ url: '/auth/login', body: { email, password: 'nine crows argue over a roof' } });
    const { accessToken: token } = await logIn(app, email);
    const newPassword = 'seven quiet herons cross the weir';
    const body = { currentPassword: PASSWORD, newPassword };
    await app.call({ method: 'PUT', url: '/users/me/password', body, token });
    await app.call({ url: '/auth/password/forgot', body: { email } });
    const reset = await mailTo(app, email, 'password_reset');
    await app.call({ url: '/auth/password/reset', body: { token: reset.token, newPassword: PASSWORD } });
    const { accessToken } = await logIn(app, email);
    const { items } = (await app.call({ url: '/users/me/activity', token: accessToken })).json();
    expect(items.map(({ summary }: { summary: string }) => summary.replace(/ from .*/, ''))).toEqual([
      'Signed in',
      'Confirmed the e-mail address',
      'Sessions were ended',
      'Set a new password by a mailed link',
      'Asked for a link to set a new password',
      'Changed the password',
      'Signed in',
      'Failed to sign in',
      'Created the account',
    ]);
  });

  it('is exported in two formats, which the stand-alone verifier checks with the seals alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-export-'));
    const get = async (url: string, accept = '*/*') =>
      (await app.call({ url, token: auditor, headers: { accept } })).body;
    const newest = (await read('limit=1'))[0]!.id;
    await eventually(async () => expect(await get('/audit/seals')).toContain('"number"'));
    await eventually(async () => {
      const ndjson = await get('/audit/export');
      expect(ndjson).toContain(newest);
      await writeFile(join(folder, 'audit.ndjson'), ndjson);
      await writeFile(join(folder, 'seals.ndjson'), await get('/audit/seals'));
      const { checkpoint } = JSON.parse(await get('/audit/verification'));
      const verifier = join('deploy', 'verify-audit-export.mjs');
      const files = [join(folder, 'audit.ndjson'), join(folder, 'seals.ndjson')];
      const { stdout } = await promisify(execFile)(process.execPath, [
        verifier,
        ...files,
        checkpoint.publicKey,
      ]);
      expect(stdout).toMatch(/^\d+ entries match their seals/);
    });
    const csv = await get('/audit/export', 'text/csv');
    expect(csv.split('\r\n')[0]).toBe(
      'id,time,type,kind,outcome,reason,userId,sessionId,address,userAgent,requestId,method,route,status,durationMs,details',
    );
    expect(csv).toContain(newest);
    const preferred = await get('/audit/export', 'application/x-ndjson, text/csv;q=0.5');
    expect(JSON.parse(preferred.split('\n')[0]!)).toMatchObject({ id: expect.any(String) });
  });

  it('can be followed live, and resumed after the connection broke', async () => {
    const follow = async (headers: Record<string, string>, until: (frames: string) => boolean) => {
      const stop = new AbortController();
      const response = await fetch(`${app.url}/audit/stream?type=authn_login_fail`, {
        headers: { authorization: `Bearer ${auditor}`, ...headers },
        signal: stop.signal,
      });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      let frames = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        frames += chunk;
        if (until(frames)) break;
      }
      stop.abort();
      return [...frames.matchAll(/^id: (\S+)\ndata: (.*)$/gm)].map(([, id, data]) => ({
        id: id!,
        requestId: (JSON.parse(data!) as Entry).requestId,
      }));
    };
    const fail = (requestId: string) =>
      app.call({
        url: '/auth/login',
        body: { email: 'ghost@example.org', password: 'x' },
        headers: { 'x-request-id': requestId },
      });

    const live = follow({}, (frames) => frames.includes('stream-1'));
    await eventually(async () => {
      await fail('stream-1');
      expect(
        (await Promise.race([live, new Promise((resolve) => setTimeout(resolve, 200))])) !== undefined,
      ).toBe(true);
    });
    const first = (await live).at(-1)!;
    await fail('stream-2');
    await fail('stream-3');
    const resumed = await follow({ 'last-event-id': first.id }, (frames) => frames.includes('stream-3'));
    const missed = resumed.map(({ requestId }) => requestId).filter((id) => id !== 'stream-1');
    expect(missed).toEqual(['stream-2', 'stream-3']);
  });
});
