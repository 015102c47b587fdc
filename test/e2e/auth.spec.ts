import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, PASSWORD, register, signUp } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

describe('signing in and out', () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
  });
  afterAll(() => app.close());

  it('a new account can sign in and read its profile', async () => {
    const { accessToken, user } = await signUp(app);
    const me = await app.call({ url: '/users/me', token: accessToken });
    expect(me.statusCode).toBe(200);
    expect(me.json()).toEqual(user);
  });

  it('concurrent callers with new tokens are each identified correctly', async () => {
    const people = await Promise.all(Array.from({ length: 40 }, () => signUp(app)));
    const answers = await Promise.all(
      people.map(({ accessToken }) => app.call({ url: '/users/me', token: accessToken })),
    );
    expect(answers.map((answer) => answer.json())).toEqual(people.map(({ user }) => user));
  });

  it('concurrent genuine and forged tokens are distinguished', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => signUp(app)));
    const tokens = people.flatMap(({ accessToken }) => [accessToken, `${accessToken.slice(0, -8)}AAAAAAAA`]);
    const answers = await Promise.all(tokens.map((token) => app.call({ url: '/users/me', token })));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(people.flatMap(() => [200, 401]));
  });

  it('an access token becomes invalid at logout', async () => {
    const { accessToken } = await signUp(app);
    expect((await app.call({ method: 'POST', url: '/auth/logout', token: accessToken })).statusCode).toBe(
      204,
    );
    const me = await app.call({ url: '/users/me', token: accessToken });
    expect([me.statusCode, me.json().code]).toEqual([401, 'session_ended']);
  });

  it.each([70, 5000, 60_000])(
    'a refresh token of %i characters that is not genuine is invalid, and does not keep a logout from ending the session',
    async (length) => {
      const { accessToken } = await signUp(app);
      const body = { refreshToken: 'a'.repeat(length) };
      const refreshed = await app.call({ url: '/auth/refresh', body });
      expect([refreshed.statusCode, refreshed.json().code]).toEqual([401, 'invalid_token']);
      const loggedOut = await app.call({ url: '/auth/logout', body, token: accessToken });
      expect([loggedOut.statusCode, String(loggedOut.headers['set-cookie'])]).toEqual([
        204,
        expect.stringContaining('access_token=;'),
      ]);
      const me = await app.call({ url: '/users/me', token: accessToken });
      expect([me.statusCode, me.json().code]).toEqual([401, 'session_ended']);
    },
  );

  it('the old refresh token gets the same response within ten seconds, and ends the session afterwards', async () => {
    const tokens = await signUp(app);
    const refresh = () => app.call({ url: '/auth/refresh', body: { refreshToken: tokens.refreshToken } });
    const first = await refresh();
    const second = await refresh();
    expect(second.json().refreshToken).toBe(first.json().refreshToken);
    const renewals = await asSuperuser<{ replayed: boolean }>(
      app.database,
      `SELECT details->'replayed' AS replayed FROM audit_events WHERE type = 'session_renewed' AND session_id = '${tokens.session.id}' ORDER BY id`,
    );
    expect(renewals.map(({ replayed }) => replayed)).toEqual([false, true]);
    clock.advance(11_000);
    expect((await refresh()).json().code).toBe('refresh_token_reused');
    const next = await app.call({ url: '/auth/refresh', body: { refreshToken: first.json().refreshToken } });
    expect(next.json().code).toBe('session_ended');
  });

  it('a wrong password and an unknown address get the same response', async () => {
    const email = await register(app);
    const wrong = await app.call({ url: '/auth/login', body: { email, password: `${PASSWORD}!` } });
    const unknown = await app.call({
      url: '/auth/login',
      body: { email: 'nobody@example.com', password: PASSWORD },
    });
    const withoutId = (body: Record<string, unknown>) => ({ ...body, requestId: 'each its own' });
    expect(wrong.statusCode).toBe(401);
    expect(withoutId(wrong.json())).toEqual(withoutId(unknown.json()));
    expect(wrong.json().code).toBe('invalid_credentials');
    await logIn(app, email);
  });
});
