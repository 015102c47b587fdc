import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PASSWORD, register, signUp } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/clock/manual-clock.js';

const ISSUER = 'https://auth.example.com';

/** The n-th program of docs/integration.md as a module, with some of its text replaced. */
async function programOf<T>(n: number, replacements: Readonly<Record<string, string>>): Promise<T> {
  const page = await readFile('docs/integration.md', 'utf8');
  let [, program] = [...page.matchAll(/```js\n(.*?)```/gs)][n]!;
  for (const [text, other] of Object.entries(replacements)) {
    expect(program).toContain(text);
    program = program!.replace(text, other);
  }
  return (await import(`data:text/javascript,${encodeURIComponent(program!)}`)) as T;
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

  it('has an API know who calls it', async () => {
    const { caller } = await programOf<{ caller: (authorization?: string) => Promise<unknown> }>(0, {
      "'jose'": `'${import.meta.resolve('jose')}'`,
      '${ISSUER}/.well-known': `${app.url}/.well-known`,
    });
    const { accessToken, user, session } = await signUp(app);
    expect(await caller(`Bearer ${accessToken}`)).toEqual({
      userId: user.id,
      sessionId: session.id,
      roles: ['user'],
    });
    for (const authorization of [undefined, accessToken, `Bearer ${accessToken.slice(0, -8)}AAAAAAAA`])
      await expect(caller(authorization)).rejects.toThrow(/Compact JWS|signature/);
  });

  it('has a page stay signed in, refresh once however much it asks for, and tell its other tabs of the end', async () => {
    const paths: string[] = [];
    vi.stubGlobal('fetch', browserFetch(app, clock, paths));
    vi.stubGlobal('location', { reload: vi.fn() });
    const { call, logOut } = await programOf<{
      call: (path: string, init?: RequestInit) => Promise<Response>;
      logOut: () => Promise<void>;
    }>(1, { "'https://auth.example.com'": "''" });
    const email = await register(app);
    const heard = new Promise<string>((resolve) => {
      const tab = new BroadcastChannel('session');
      tab.addEventListener('message', (message) => {
        tab.close();
        resolve(String((message as MessageEvent).data));
      });
    });

    const login = { email, password: PASSWORD };
    expect((await call('/auth/login', post(login))).status).toBe(200);
    expect((await call('/users/me')).status).toBe(200);
    clock.advance(31 * 60_000);
    const answers = await Promise.all([call('/users/me'), call('/users/me'), call('/users/me/activity')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(paths.filter((path) => path === '/auth/refresh')).toHaveLength(1);

    await logOut();
    expect(await heard).toBe('over');
    expect((await call('/users/me')).status).toBe(401);
  });
});

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** As a page of the service's own host has it: with the cookies that live. */
function browserFetch({ call }: TestApp, clock: ManualClock, paths: string[]) {
  const cookies = new Map<string, { value: string; endsMs: number }>();
  return async (url: string, { method = 'GET', headers, body }: RequestInit = {}): Promise<Response> => {
    paths.push(url);
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
    return new Response(answer.statusCode === 204 ? null : answer.body, { status: answer.statusCode });
  };
}
