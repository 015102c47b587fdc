import { beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../../packages/client/src/index.js';
import type { Transport } from '../../../packages/client/src/types.js';
import { failure, problem } from '../../support/packages/observed-clients.js';
import { ScriptedService, session } from '../../support/packages/scripted-service.js';

describe('@portcullis/client, where another account signs in while a request waits', () => {
  const service = new ScriptedService();
  const { answers, sent } = service;
  beforeEach(service.reset);

  /** `prove` is what happens where a route asks for a proof. */
  const clientOf = <T extends Transport>(
    transport: T,
    prove: () => Promise<void> = () => Promise.resolve(),
  ) =>
    createClient({
      baseUrl: 'http://localhost',
      transport,
      onStepUp: () => prove().then(() => true),
      fetch: service.fetch,
    });

  const signIn = async (client: Client, who: string, expiresIn?: number): Promise<void> => {
    answers.set('POST /auth/login', () => session(who, { expiresIn }));
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

  /** The page's cookies are of another session by the time of the proof, which that one answers. */
  const provedBy = async (answer: Response) => {
    const client: Client = clientOf('cookie', async () => {
      await client.stepUp({ password: 'of alice' });
    });
    await signIn(client, 'alice');
    answers.set('DELETE /users/me', () => problem(401, 'insufficient_user_authentication'));
    answers.set('POST /auth/step-up', () => answer);
    return client.request('DELETE', '/users/me');
  };
  const deletions = () => sent.filter((request) => request.startsWith('DELETE /users/me'));

  it('repeats it after a proof in whichever session of its account the cookies are', async () => {
    await provedBy(session('of other cookies', { user: 'alice' }));
    expect(deletions()).toHaveLength(2);
  });

  it('does not repeat it after a proof of another account', async () => {
    expect(await failure(provedBy(session('bob')))).toMatchObject({
      code: 'insufficient_user_authentication',
    });
    expect(deletions()).toHaveLength(1);
  });

  /** Another account signs in during a request, whose answer is a limit. */
  const limitedDuringLogin = async (client: Client) => {
    await signIn(client, 'alice');
    answers.set('DELETE /users/me', async () => {
      await signIn(client, 'bob');
      return problem(429, 'rate_limited', { 'retry-after': '0' });
    });
    return client.request('DELETE', '/users/me');
  };

  it('does not repeat it after a limit in the cookie transport', async () => {
    expect(await failure(limitedDuringLogin(clientOf('cookie')))).toMatchObject({ code: 'rate_limited' });
    expect(sent).toEqual([]);
  });

  it('repeats it after a limit in the body transport, where its token is that of its account', async () => {
    await limitedDuringLogin(clientOf('body'));
    expect(sent).toEqual(['DELETE /users/me, Bearer alice']);
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
