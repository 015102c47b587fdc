import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Client, createClient } from '../../../packages/client/src/index.js';
import { failure, problem, SlowStorage } from '../../support/packages/observed-clients.js';
import { ScriptedService, session } from '../../support/packages/scripted-service.js';
import { eventually } from '../../support/time/eventually.js';

const PLATFORMS = [
  { where: 'with Web Locks', withLocks: navigator, isMissing: !('locks' in navigator) },
  { where: 'without Web Locks', withLocks: undefined, isMissing: false },
];

describe('@portcullis/client, where answers that set or remove cookies are asked for at once', () => {
  const service = new ScriptedService();
  const { answers, sent } = service;
  const reasons: string[] = [];
  beforeEach(() => {
    service.reset();
    reasons.length = 0;
  });

  const signIn = async (client: Client, who: string, expiresIn?: number): Promise<void> => {
    answers.set('POST /auth/login', () => session(who, { expiresIn }));
    await client.login({ email: `${who}@example.com`, password: `of ${who}` });
    sent.length = 0;
  };

  /** A client of Alice. */
  const signedIn = async (expiresIn?: number) => {
    const client = createClient({
      baseUrl: 'http://localhost',
      transport: 'cookie',
      fetch: service.fetch,
      onSignedOut: (reason) => reasons.push(reason),
    });
    await signIn(client, 'alice', expiresIn);
    return client;
  };

  describe.each(PLATFORMS)('$where', ({ withLocks, isMissing }) => {
    beforeEach(() => {
      vi.stubGlobal('navigator', withLocks);
      return () => void vi.unstubAllGlobals();
    });

    it.skipIf(isMissing)('sends a login after a refresh', async () => {
      const client = await signedIn(0);
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

    it.skipIf(isMissing).each([
      ['of the account', (client: Client) => client.request('DELETE', '/users/me')],
      [
        'of a session, which may be its own',
        (client: Client) => client.request('DELETE', '/users/me/sessions/{id}', { params: { id: 'alice' } }),
      ],
    ])('sends a login after a deletion %s', async (_what, remove) => {
      const client = await signedIn();
      const removed = Promise.withResolvers<Response>();
      answers.set('DELETE /users/me', () => removed.promise);
      answers.set('DELETE /users/me/sessions/alice', () => removed.promise);
      const pending = remove(client);
      await eventually(() => expect(sent).toHaveLength(1));
      answers.set('POST /auth/login', () => session('bob'));
      const login = client.login({ email: 'bob@example.com', password: 'of bob' });
      await setImmediate();
      expect(sent).toHaveLength(1);
      removed.resolve(new Response(null, { status: 204 }));
      await Promise.all([pending, login]);
      expect(sent).toHaveLength(2);
    });

    it.skipIf(isMissing)('signs out once where three logouts come at once', async () => {
      const client = await signedIn();
      await Promise.all([client.logout(), client.logout(), client.logout()]);
      expect([reasons, await client.isSignedIn()]).toEqual([['logout'], false]);
    });

    it.skipIf(isMissing)('sends a logout also where the session ends while it waits', async () => {
      const client = await signedIn(0);
      const refreshed = Promise.withResolvers<Response>();
      answers.set('POST /auth/refresh', () => refreshed.promise);
      const pending = client.me();
      await eventually(() => expect(sent).toHaveLength(1));
      const logout = client.logout();
      refreshed.resolve(problem(401, 'session_ended'));
      await failure(pending);
      await logout;
      expect([reasons, sent]).toEqual([
        ['session_ended'],
        ['POST /auth/refresh, null', expect.stringMatching(/^POST .auth.logout,/)],
      ]);
    });
  });

  it('waits for a refresh that is not answered for five seconds at most', async () => {
    const late = new AbortController();
    const client = await signedIn(0);
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
});

describe.each(PLATFORMS)(
  '@portcullis/client, where a process has several clients, $where',
  ({ withLocks, isMissing }) => {
    const service = new ScriptedService();
    const { answers, sent } = service;
    beforeEach(() => {
      service.reset();
      vi.stubGlobal('navigator', withLocks);
      return () => void vi.unstubAllGlobals();
    });

    const clientOf = (storage: SlowStorage) =>
      createClient({ baseUrl: 'http://localhost', transport: 'body', storage, fetch: service.fetch });

    /** A client whose access token has expired. */
    const expired = async (who: string, storage = new SlowStorage()) => {
      const client = clientOf(storage);
      answers.set('POST /auth/login', () => session(who, { expiresIn: 0 }));
      await client.login({ email: `${who}@example.com`, password: `of ${who}` });
      sent.length = 0;
      return client;
    };

    /** Sends a request, and resolves when the refresh before it was sent; with the function that answers the refresh. */
    const beganToRefresh = async (client: Client<'body'>) => {
      const refreshed = Promise.withResolvers<Response>();
      answers.set('POST /auth/refresh', () => refreshed.promise);
      const pending = client.me();
      await eventually(() => expect(sent).toEqual(['POST /auth/refresh, null']));
      return async (answer: Response) => {
        refreshed.resolve(answer);
        await pending;
      };
    };

    it.skipIf(isMissing)(
      'refreshes for one person while the refresh of another is not answered',
      async () => {
        const bob = await expired('bob');
        const answerAlice = await beganToRefresh(await expired('alice'));
        answers.set('POST /auth/refresh', () => session('bob'));
        const pending = bob.me();
        await setImmediate();
        expect(sent).toContain('GET /users/me, Bearer bob');
        await Promise.all([answerAlice(session('alice')), pending]);
      },
    );

    it.skipIf(isMissing)('refreshes one after the other for clients with one storage', async () => {
      const storage = new SlowStorage();
      const one = await expired('alice', storage);
      const other = clientOf(storage);
      const answer = await beganToRefresh(one);
      const pending = other.refresh();
      await setImmediate();
      expect(sent).toHaveLength(1);
      answers.set('POST /auth/refresh', () => session('alice'));
      await answer(session('alice'));
      await pending;
    });
  },
);
