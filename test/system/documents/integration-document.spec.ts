import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { logIn, newAddress, PASSWORD, register, signUp } from '../../support/app/accounts.js';
import { clientToken } from '../../support/app/oauth.js';
import { ServiceAccountsOf } from '../../support/app/service-accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { type Challenge, codeOf, enrolTotp } from '../../support/app/factors.js';
import { mailTo } from '../../support/app/mails.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { documentedProgram, documentedProgramWithClient } from '../../support/browser/documented-program.js';
import { bundled } from '../../support/packages/bundled.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const run = promisify(execFile);
const ISSUER = 'https://auth.example.com';
const NEW_PASSWORD = 'seven quiet herons cross the weir';

let imports = 0;

/** The n-th program of docs/integration.md as a module, with some of its text replaced. */
async function programOf<T>(n: number, replacements: Readonly<Record<string, string>>): Promise<T> {
  const program = await documentedProgram(n, replacements);
  return moduleOf<T>(program);
}

/** The program of docs/integration.md that calls an API with `@portcullis/client`. */
async function programWithClient(): Promise<WithClient> {
  return moduleOf(await bundled(await documentedProgramWithClient()));
}

async function moduleOf<T>(program: string): Promise<T> {
  return (await import(`data:text/javascript,${encodeURIComponent(`${program}// ${(imports += 1)}`)}`)) as T;
}

describe('docs/integration.md', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      clock,
      listen: true,
      variables: { JWT_ALGORITHM: 'RS256', PUBLIC_URL: ISSUER, COOKIE_SECURE: 'true' },
    });
  });
  afterAll(() => app.close());
  afterEach(() => vi.unstubAllGlobals());

  it('lets an API authenticate its callers', async () => {
    const { caller } = await programOf<{ caller: (headers: Headers) => Promise<unknown> }>(0, {
      "'jose'": `'${import.meta.resolve('jose')}'`,
      '${ISSUER}/.well-known': `${app.url}/.well-known`,
    });
    const { accessToken, user, session } = await signUp(app);
    const expected = { userId: user.id, sessionId: session.id, roles: ['user'] };
    const forged = `${accessToken.slice(0, -8)}AAAAAAAA`;
    for (const headers of [
      { authorization: `Bearer ${accessToken}` },
      { authorization: `bearer ${accessToken}`, cookie: `access_token=${forged}` },
      {
        authorization: 'Basic c3RhZ2luZzpzdGFnaW5n',
        cookie: `theme=dark; __Host-access_token=${accessToken}`,
      },
      { cookie: `access_token=${accessToken}; theme=dark` },
      { cookie: `access_token=${forged}; __Host-access_token=${accessToken}` },
    ])
      expect(await caller(headers)).toEqual(expected);
    for (const headers of [
      {},
      { authorization: accessToken },
      { authorization: `Bearer ${forged}`, cookie: `access_token=${accessToken}` },
      { cookie: `access_token=${forged}` },
      { cookie: `other_access_token=${accessToken}` },
    ])
      await expect(caller(headers)).rejects.toThrow(/Compact JWS|signature/);
    const machine = await (await ServiceAccountsOf.of(app)).create('audit:read');
    const ofProgram = await clientToken(app, machine);
    await expect(caller({ authorization: `Bearer ${ofProgram}` })).rejects.toThrow('program');
  });

  it('creates a service account, and a key that follows the revocations', async () => {
    const page = await readFile('docs/integration.md', 'utf8');
    const [, ofAccount, ofKey] = /```sh\n(curl [^`]*?\/service-accounts)\n(curl [^`]*?\/api-keys")\n```/.exec(
      page,
    )!;
    const { accessToken } = await createPerson(app, { roles: ['admin'] });
    const answerTo = async (command: string, env: object = {}) => {
      const text = command.replace('https://auth.example.com', app.url);
      const { PATH } = process.env;
      const { stdout } = await run('bash', ['--norc', '-euc', text], {
        env: { PATH, ADMIN_TOKEN: accessToken, ...env },
      });
      return JSON.parse(stdout) as { id: string; key: string };
    };
    const { id } = await answerTo(ofAccount!);
    const { key } = await answerTo(ofKey!, { CLIENT_ID: id });
    expect((await app.call({ url: '/revocations', token: key })).statusCode).toBe(200);
  });

  describe('has a page', () => {
    const paths: string[] = [];
    let inTheWay: (url: string) => Response | undefined;
    let page: Page;
    let storage: Map<string, string>;
    let otherTabs: (event: object) => void;
    const reload = vi.fn();
    beforeEach(async () => {
      paths.length = 0;
      inTheWay = () => undefined;
      reload.mockReset();
      const pass = browserFetch(app, clock);
      vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
        paths.push(url);
        return inTheWay(url) ?? pass(url, init);
      });
      storage = new Map();
      vi.stubGlobal('localStorage', {
        getItem: (key: string) => storage.get(key) ?? null,
        setItem: (key: string, value: string) => storage.set(key, value),
        removeItem: (key: string) => storage.delete(key),
      });
      vi.stubGlobal('navigator', {
        locks: { request: async (_name: string, _options: object, action: () => unknown) => action() },
      });
      vi.stubGlobal('location', { reload });
      vi.stubGlobal(
        'addEventListener',
        (_type: string, listener: typeof otherTabs) => (otherTabs = listener),
      );
      page = await programOf<Page>(1, { "'https://auth.example.com'": "''" });
    });
    const refreshes = () => paths.filter((path) => path === '/auth/refresh').length;
    const signIn = async () => {
      const email = await register(app);
      expect((await page.logIn({ email, password: PASSWORD })).status).toBe(200);
    };

    it('stay signed in, and refresh once for many concurrent requests', async () => {
      expect(page.isSignedIn()).toBe(false);
      await signIn();
      expect((await page.call('/users/me')).status).toBe(200);
      clock.advance(31 * 60_000);
      const answers = await Promise.all(
        ['/users/me', '/users/me', '/users/me/activity'].map((path) => page.call(path)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(refreshes()).toBe(1);
      expect((await page.logOut()).status).toBe(204);
      expect(page.isSignedIn()).toBe(false);
      expect((await page.call('/users/me')).status).toBe(401);
      expect(page.isSignedIn()).toBe(false);
    });

    it('sign in with a second factor, and prove it again where a request needs that', async () => {
      const email = await register(app);
      await page.logIn({ email, password: PASSWORD });
      const post = (path: string, body: object = {}) =>
        page.call(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      type Setup = Readonly<Record<'id' | 'secret', string>>;
      const { id, secret } = (await (await post('/users/me/factors/totp')).json()) as Setup;
      const code = () => {
        clock.advance(30_000);
        return codeOf(secret, clock.nowMs());
      };
      expect((await post(`/users/me/factors/totp/${id}/confirm`, { code: code() })).status).toBe(200);
      await page.logOut();

      const refused = await page.logIn({ email, password: PASSWORD });
      const { code: reason, challenge } = (await refused.json()) as { code: string; challenge: Challenge };
      expect([reason, page.isSignedIn()]).toEqual(['factor_required', false]);
      expect((await page.finishLogIn(challenge, { method: 'totp', code: '000000' })).status).toBe(400);
      expect(page.isSignedIn()).toBe(false);
      expect(
        (await page.finishLogIn(challenge, { method: challenge.methods[0]!, code: code() })).status,
      ).toBe(200);
      expect(page.isSignedIn()).toBe(true);

      clock.advance(45 * 60_000);
      const old = await post('/users/me/recovery-codes');
      expect(await old.json()).toMatchObject({
        code: 'insufficient_user_authentication',
        methods: ['totp'],
      });
      expect((await page.stepUp({ method: 'totp', code: code() })).status).toBe(200);
      expect((await post('/users/me/recovery-codes')).status).toBe(201);
    });

    it('prove again who is signed in, with a factor if there is one, for an API of its own', async () => {
      let ofApi: Response[] = [];
      inTheWay = (url) => (url === '/orders' ? ofApi.shift() : undefined);
      const asked: string[] = [];
      let typed = () => PASSWORD;
      vi.stubGlobal('prompt', (question: string) => {
        asked.push(question);
        return typed();
      });
      const withPackage = await programWithClient();
      const email = await register(app);
      expect(await withPackage.logIn(email, PASSWORD)).toBe(`Welcome, ${email}`);
      const statusOfOrders = async () => {
        const refused = JSON.stringify({ code: 'insufficient_user_authentication' });
        ofApi = [new Response(refused, { status: 401 }), new Response('[]')];
        return (await withPackage.callApi('/orders')).status;
      };
      expect(await statusOfOrders()).toBe(200);
      const { secret } = await enrolTotp(app, await logIn(app, email), clock.nowMs());
      typed = () => {
        clock.advance(30_000);
        return codeOf(secret, clock.nowMs());
      };
      expect(await statusOfOrders()).toBe(200);
      expect(asked).toEqual(['Your password', 'Code of your app']);
    });

    it('prove again by the method that the session needs, and twice where the first proof is not enough', async () => {
      const refused = JSON.stringify({ code: 'insufficient_user_authentication' });
      const ofApi = [401, 401, 200].map((status) => new Response(refused, { status }));
      // A session that has lost its passkey: the app of the account is no method of it before the password.
      const answers: Record<string, () => Response | undefined> = {
        '/orders': () => ofApi.shift(),
        '/users/me/factors': () => Response.json({ items: [{ type: 'totp' }] }),
      };
      inTheWay = (url) => answers[url]?.();
      const typed: Record<string, string> = { 'Code of your app': '123456', 'Your password': PASSWORD };
      const prompt = vi.fn((question: string) => typed[question]);
      vi.stubGlobal('prompt', prompt);
      const withPackage = await programWithClient();
      await withPackage.logIn(await register(app), PASSWORD);
      expect((await withPackage.callApi('/orders')).status).toBe(200);
      const twice = [['Code of your app'], ['Your password'], ['Code of your app'], ['Your password']];
      expect(prompt.mock.calls).toEqual(twice);
    });

    it('prove by the password where the browser rejects the passkey of the account', async () => {
      const refused = JSON.stringify({ code: 'insufficient_user_authentication' });
      const ofApi = [401, 200].map((status) => new Response(refused, { status }));
      const answers: Record<string, () => Response | undefined> = {
        '/orders': () => ofApi.shift(),
        '/users/me/factors': () => Response.json({ items: [{ type: 'passkey' }] }),
        '/auth/passkey/options': () => Response.json({ challenge: 'one', options: { challenge: 'AAAA' } }),
      };
      inTheWay = (url) => answers[url]?.();
      const get = vi.fn().mockRejectedValue(new DOMException('Dismissed', 'NotAllowedError'));
      vi.stubGlobal('navigator', { locks: navigator.locks, credentials: { get } });
      const prompt = vi.fn(() => PASSWORD);
      vi.stubGlobal('prompt', prompt);
      const withPackage = await programWithClient();
      await withPackage.logIn(await register(app), PASSWORD);
      expect((await withPackage.callApi('/orders')).status).toBe(200);
      expect(get).toHaveBeenCalledTimes(1);
      expect(prompt.mock.calls).toEqual([['Your password']]);
    });

    it('sign out where an API of their own says that the session has ended', async () => {
      const assign = vi.fn();
      vi.stubGlobal('location', { assign });
      const withPackage = await programWithClient();
      await withPackage.logIn(await register(app), PASSWORD);
      await asSuperuser(app.database, `UPDATE sessions SET revoked_at = now()`);
      inTheWay = (url) =>
        url === '/orders' ? Response.json({ code: 'session_ended' }, { status: 401 }) : undefined;
      expect((await withPackage.callApi('/orders')).status).toBe(401);
      // The programs of the tests before are like other tabs.
      expect(assign).toHaveBeenCalledWith('/login');
      expect(refreshes()).toBe(1);
    });

    it('get the 401 of a proxy that is no JSON, after one refresh', async () => {
      const withPackage = await programWithClient();
      await withPackage.logIn(await register(app), PASSWORD);
      inTheWay = (url) => (url === '/orders' ? new Response('Unauthorized', { status: 401 }) : undefined);
      expect(await (await withPackage.callApi('/orders')).text()).toBe('Unauthorized');
      expect(refreshes()).toBe(1);
    });

    it('ask for nothing else where a proof takes too long', async () => {
      const answers: Record<string, () => Response> = {
        '/orders': () => Response.json({ code: 'insufficient_user_authentication' }, { status: 401 }),
        '/users/me/factors': () => Response.json({ items: [{ type: 'totp' }] }),
        '/auth/step-up': () => {
          throw new DOMException('Too late', 'TimeoutError');
        },
      };
      inTheWay = (url) => answers[url]?.();
      const prompt = vi.fn(() => '123456');
      vi.stubGlobal('prompt', prompt);
      const withPackage = await programWithClient();
      await withPackage.logIn(await register(app), PASSWORD);
      await expect(withPackage.callApi('/orders')).rejects.toThrow('Too late');
      expect(prompt.mock.calls).toEqual([['Code of your app']]);
    });

    it('retry its refresh after a limit, an outage and a network failure', async () => {
      await signIn();
      clock.advance(31 * 60_000);
      const faults = [429, 503].map(
        (status) => new Response('{}', { status, headers: { 'retry-after': '1' } }),
      );
      inTheWay = (url) => (url === '/auth/refresh' ? faults.shift() : undefined);
      expect((await page.call('/users/me')).status).toBe(200);
      expect(refreshes()).toBe(3);
      clock.advance(31 * 60_000);
      inTheWay = (url) => {
        if (url === '/auth/refresh' && refreshes() === 4) throw new TypeError('Failed to fetch');
        return undefined;
      };
      expect((await page.call('/users/me')).status).toBe(200);
      expect(refreshes()).toBe(5);
    });

    it('stay signed in during a long outage, and return the error of the refresh', async () => {
      await signIn();
      clock.advance(31 * 60_000);
      inTheWay = (url) => (url === '/auth/refresh' ? new Response('{}', { status: 503 }) : undefined);
      expect((await page.call('/users/me')).status).toBe(503);
      expect(page.isSignedIn()).toBe(true);
      inTheWay = () => undefined;
      expect((await page.call('/users/me')).status).toBe(200);
    });

    it.each(['session_ended', 'refresh_token_reused'])('sign out at %s', async (code) => {
      await signIn();
      clock.advance(31 * 60_000);
      inTheWay = (url) => (url === '/auth/refresh' ? Response.json({ code }, { status: 401 }) : undefined);
      expect((await page.call('/users/me')).status).toBe(401);
      expect([refreshes(), page.isSignedIn()]).toEqual([1, false]);
    });

    it('stay signed in where a proxy answers a refresh with 401', async () => {
      await signIn();
      clock.advance(31 * 60_000);
      inTheWay = (url) =>
        url === '/auth/refresh' ? new Response('<h1>Unauthorized</h1>', { status: 401 }) : undefined;
      expect((await page.call('/users/me')).status).toBe(401);
      expect([refreshes(), page.isSignedIn()]).toEqual([1, true]);
      inTheWay = () => undefined;
      expect((await page.call('/users/me')).status).toBe(200);
    });

    it('sign out at once if the session of an unexpired token has ended', async () => {
      await signIn();
      inTheWay = () => Response.json({ code: 'session_ended' }, { status: 401 });
      expect((await page.call('/users/me')).status).toBe(401);
      expect([refreshes(), page.isSignedIn()]).toEqual([0, false]);
    });

    it('wait for the response of a step-up no longer than a refresh can repeat it', async () => {
      await signIn();
      const tooLate = new AbortController();
      const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(tooLate.signal);
      onTestFinished(() => timeout.mockRestore());
      const pass = fetch;
      vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
        const response = await pass(url, init);
        if (url === '/auth/step-up') tooLate.abort(new DOMException('It is too late.', 'TimeoutError'));
        init.signal?.throwIfAborted();
        return response;
      });
      await expect(page.stepUp({ password: PASSWORD })).rejects.toThrow('It is too late.');
      expect([refreshes(), timeout.mock.calls[0]]).toEqual([1, [5000]]);
      clock.advance(31 * 60_000);
      await asSuperuser(app.database, `UPDATE sessions SET rotated_at = rotated_at - interval '10001 ms'`);
      expect((await page.call('/users/me')).status).toBe(200);
    });

    it('repeat no call as a different user who has signed in meanwhile', async () => {
      await signIn();
      clock.advance(31 * 60_000);
      inTheWay = (url) => {
        if (url === '/auth/refresh') storage.set('portcullis-session', 'another-session 1');
        return undefined;
      };
      expect((await page.call('/users/me', { method: 'PUT' })).status).toBe(401);
      expect(paths.filter((path) => path === '/users/me')).toHaveLength(1);
      expect(storage.get('portcullis-session')).toBe('another-session 1');
    });

    it('resume a session whose marker the browser has lost', async () => {
      await signIn();
      clock.advance(31 * 60_000);
      storage.clear();
      expect((await page.call('/users/me')).status).toBe(200);
      expect([refreshes(), page.isSignedIn()]).toEqual([1, true]);
    });

    it('reset a password, change an address and end sessions', async () => {
      const session = await documentedProgram(1, { "'https://auth.example.com'": "''" });
      const accounts = await programOf<Accounts>(4, {
        "'./session.js'": `'data:text/javascript,${encodeURIComponent(session).replaceAll("'", '%27')}'`,
      });
      const email = await register(app);
      expect(await accounts.forgotPassword(email)).toBeNull();
      const { link } = await mailTo(app, email, 'password_reset');
      const replaceState = vi.fn();
      vi.stubGlobal('location', new URL(link!));
      vi.stubGlobal('history', { replaceState });
      const token = accounts.takeToken()!;
      expect(replaceState).toHaveBeenCalledWith(null, '', '/account/reset');
      expect(await accounts.resetPassword(token, 'password')).toMatchObject({ code: 'validation_failed' });
      expect(await accounts.resetPassword(token, NEW_PASSWORD)).toBeNull();
      expect(await accounts.resetPassword(token, NEW_PASSWORD)).toMatchObject({ code: 'invalid_link' });

      expect((await page.logIn({ email, password: NEW_PASSWORD })).status).toBe(200);
      const { token: undo } = await changedAddress(accounts, email);
      expect(await accounts.listSessions()).toMatchObject([{ current: true }]);
      await logIn(app, (await me()).email, NEW_PASSWORD);
      const [other] = (await accounts.listSessions()).filter(({ current }) => !current);
      expect((await accounts.endSession(other!.id)).status).toBe(204);
      expect((await accounts.endOtherSessions()).status).toBe(204);
      expect(await accounts.listSessions()).toHaveLength(1);
      expect(await accounts.changePassword(NEW_PASSWORD, `${NEW_PASSWORD} twice`)).toBeNull();
      expect(await accounts.undoChangeOfEmail(undo!)).toBeNull();
      expect(await accounts.disownDevice('nonsense')).toMatchObject({ code: 'invalid_link' });
      expect((await page.call('/users/me')).status).toBe(401);
    });

    const me = async () => (await page.call('/users/me')).json() as Promise<{ email: string }>;

    /** The mail by which a change of address, asked for with an old proof, can be undone. */
    const changedAddress = async (accounts: Accounts, email: string) => {
      clock.advance(11 * 60_000);
      const wanted = newAddress();
      const askPassword = vi.fn(async () => NEW_PASSWORD);
      expect(await accounts.changeEmail(wanted, askPassword)).toBeNull();
      expect(askPassword).toHaveBeenCalledTimes(1);
      expect(await accounts.verifyByCode('22222222')).toMatchObject({ code: 'invalid_code' });
      const { token } = await mailTo(app, wanted, 'address_change');
      expect(await accounts.verifyByLink(token!)).toBeNull();
      expect((await me()).email).toBe(wanted);
      expect(await accounts.requestVerification(wanted)).toBeNull();
      return mailTo(app, email, 'address_changed');
    };

    it('reload when another tab signs out or signs in another user, but not when it refreshes', () => {
      const key = 'portcullis-session';
      otherTabs({ key, oldValue: 'one 1', newValue: 'one 2' });
      otherTabs({ key: 'theme', oldValue: null, newValue: 'dark' });
      otherTabs({ key, oldValue: null, newValue: 'one 1' });
      expect(reload).not.toHaveBeenCalled();
      otherTabs({ key, oldValue: 'one 1', newValue: null });
      otherTabs({ key, oldValue: 'one 1', newValue: 'two 1' });
      expect(reload).toHaveBeenCalledTimes(2);
    });
  });
});

interface Headers {
  readonly authorization?: string;
  readonly cookie?: string;
}

interface Problem {
  readonly code: string;
}

type Answer = Promise<Problem | null>;

/** What the program for accounts exports. */
interface Accounts {
  readonly takeToken: () => string | null;
  readonly forgotPassword: (email: string) => Answer;
  readonly resetPassword: (token: string, newPassword: string) => Answer;
  readonly changePassword: (currentPassword: string, newPassword: string) => Answer;
  readonly requestVerification: (email: string) => Answer;
  readonly verifyByLink: (token: string, password?: string) => Answer;
  readonly verifyByCode: (code: string) => Answer;
  readonly changeEmail: (email: string, askPassword: () => Promise<string>) => Answer;
  readonly undoChangeOfEmail: (token: string) => Answer;
  readonly listSessions: () => Promise<{ id: string; current: boolean }[]>;
  readonly endSession: (id: string) => Promise<Response>;
  readonly endOtherSessions: () => Promise<Response>;
  readonly disownDevice: (token: string) => Answer;
}

/** The exports of the program with the package. */
interface WithClient {
  readonly logIn: (email: string, password: string) => Promise<string>;
  readonly callApi: (path: string) => Promise<Response>;
}

/** The exports of the page's program. */
interface Page {
  readonly isSignedIn: () => boolean;
  readonly logIn: (credentials: object) => Promise<Response>;
  readonly finishLogIn: (challenge: object, proof: object) => Promise<Response>;
  readonly stepUp: (proof: object) => Promise<Response>;
  readonly logOut: () => Promise<Response>;
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
}

/** The `fetch` of a page on the host of the service, with the unexpired cookies. */
function browserFetch({ call }: TestApp, clock: ManualClock) {
  const cookies = new Map<string, { value: string; endsMs: number }>();
  return async (url: string, { method = 'GET', headers, body }: RequestInit = {}): Promise<Response> => {
    const living = [...cookies].filter(([, { endsMs }]) => endsMs > clock.nowMs());
    const answer = await call({
      method: method as 'GET',
      url,
      headers: { origin: ISSUER, 'sec-fetch-site': 'same-origin', ...(headers as Record<string, string>) },
      cookies: Object.fromEntries(living.map(([name, { value }]) => [name, value])),
      ...(body && { body: body as string }),
    });
    for (const { name, value, maxAge } of answer.cookies)
      cookies.set(name, { value, endsMs: clock.nowMs() + (maxAge ?? 0) * 1000 });
    const type = answer.headers['content-type'];
    return new Response(answer.statusCode === 204 ? null : answer.body, {
      status: answer.statusCode,
      headers: { ...(type !== undefined && { 'content-type': type }) },
    });
  };
}
