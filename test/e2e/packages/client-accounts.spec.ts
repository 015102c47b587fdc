import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Client, createClient } from '../../../packages/client/src/index.js';
import type { Transport } from '../../../packages/client/src/types.js';
import { failure, problem } from '../../support/packages/observed-clients.js';
import { eventually } from '../../support/time/eventually.js';

/** What a login or a refresh answers; the access token has the name of the session. */
const session = (id: string, expiresIn = 900) =>
  Response.json({ session: { id }, accessToken: id, refreshToken: id, expiresIn });

describe('@portcullis/client, where another account signs in while a request waits', () => {
  /** What is answered to the next request of a route. */
  const answers = new Map<string, () => Response | Promise<Response>>();
  /** Route and token of every request. */
  const sent: string[] = [];
  beforeEach(() => {
    answers.clear();
    sent.length = 0;
  });

  /** `prove` is what happens where a route asks for a proof. */
  const clientOf = <T extends Transport>(
    transport: T,
    prove: () => Promise<void> = () => Promise.resolve(),
  ) =>
    createClient({
      baseUrl: 'http://localhost',
      transport,
      onStepUp: () => prove().then(() => true),
      fetch: async (...words) => {
        const request = new Request(...words);
        const route = `${request.method} ${new URL(request.url).pathname}`;
        sent.push(`${route}, ${request.headers.get('authorization')}`);
        const answer = answers.get(route);
        answers.delete(route);
        return (await answer?.()) ?? new Response(null, { status: 204 });
      },
    });

  const signIn = async (client: Client, who: string, expiresIn?: number): Promise<void> => {
    answers.set('POST /auth/login', () => session(who, expiresIn));
    await client.login({ email: `${who}@example.com`, password: `of ${who}` });
    sent.length = 0;
  };

  it('does not send it after a refresh ahead of time', async () => {
    const client = clientOf('body');
    await signIn(client, 'alice', 0);
    answers.set('POST /auth/refresh', async () => {
      await client.logout();
      await signIn(client, 'bob');
      return session('alice');
    });
    expect(await failure(client.request('DELETE', '/users/me'))).toMatchObject({
      status: 401,
      code: 'invalid_token',
    });
    expect(sent).toEqual([]);
    await client.me();
    expect(sent).toEqual(['GET /users/me, Bearer bob']);
  });

  it.each(['body', 'cookie'] as const)(
    'does not repeat it after a proof, in the %s transport',
    async (transport) => {
      const client: Client = clientOf(transport, () => signIn(client, 'bob'));
      await signIn(client, 'alice');
      answers.set('DELETE /users/me', () => problem(401, 'insufficient_user_authentication'));
      expect(await failure(client.request('DELETE', '/users/me'))).toMatchObject({
        code: 'insufficient_user_authentication',
      });
      expect(sent).toEqual([]);
    },
  );

  it('repeats it after a proof in whichever session the cookies are, since that is the one that was proved', async () => {
    const client: Client = clientOf('cookie', async () => {
      await client.stepUp({ password: 'of alice' });
    });
    await signIn(client, 'alice');
    answers.set('DELETE /users/me', () => problem(401, 'insufficient_user_authentication'));
    answers.set('POST /auth/step-up', () => session('of other cookies'));
    await client.request('DELETE', '/users/me');
    expect(sent.filter((request) => request.startsWith('DELETE /users/me'))).toHaveLength(2);
  });

  it.each([
    ['body', ['DELETE /users/me, Bearer alice']],
    ['cookie', []],
  ] as const)(
    'does not repeat it as the other account after a limit, in the %s transport',
    async (transport, repeated) => {
      const client = clientOf(transport);
      await signIn(client, 'alice');
      answers.set('DELETE /users/me', async () => {
        await signIn(client, 'bob');
        return problem(429, 'rate_limited', { 'retry-after': '0' });
      });
      await client.request('DELETE', '/users/me').catch(() => undefined);
      expect(sent).toEqual(repeated);
    },
  );

  it.each([
    ['over all tabs', navigator],
    ['in its page, where there are no locks', undefined],
  ])('waits for the refresh first in the cookie transport, %s', async (_where, withLocks) => {
    vi.stubGlobal('navigator', withLocks);
    onTestFinished(() => void vi.unstubAllGlobals());
    const client = clientOf('cookie');
    await signIn(client, 'alice', 0);
    const refreshed = Promise.withResolvers<Response>();
    answers.set('POST /auth/refresh', () => refreshed.promise);
    const pending = client.me();
    await eventually(() => expect(sent).toHaveLength(1));
    answers.set('POST /auth/login', () => session('bob'));
    const login = client.login({ email: 'bob@example.com', password: 'of bob' });
    await setImmediate();
    expect(sent).toEqual(['POST /auth/refresh, null']);
    refreshed.resolve(session('alice'));
    await Promise.all([pending, login]);
    expect(sent).toContain('POST /auth/login, null');
  });

  it('waits for a refresh that is not answered for five seconds at most', async () => {
    const late = new AbortController();
    const client = clientOf('cookie');
    await signIn(client, 'alice', 0);
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
    onTestFinished(() => timeout.mockRestore());
    const refreshed = Promise.withResolvers<Response>();
    answers.set('POST /auth/refresh', () => refreshed.promise);
    const pending = client.me();
    await eventually(() => expect(sent).toHaveLength(1));
    const login = signIn(client, 'bob');
    await setImmediate();
    late.abort();
    await login;
    expect(Math.max(...timeout.mock.calls.map(([ms]) => ms))).toBe(5000);
    refreshed.resolve(session('alice'));
    await failure(pending);
  });

  it('does not repeat a logout in the cookie transport after a limit', async () => {
    const client = clientOf('cookie');
    await signIn(client, 'alice');
    let login: Promise<unknown> = Promise.resolve();
    answers.set('POST /auth/logout', () => {
      login = signIn(client, 'bob');
      return problem(429, 'rate_limited', { 'retry-after': '0' });
    });
    expect(await failure(client.logout())).toMatchObject({ code: 'rate_limited' });
    await login;
    expect([sent, await client.isSignedIn()]).toEqual([[], true]);
  });
});
