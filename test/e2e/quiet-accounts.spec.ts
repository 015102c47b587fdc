import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionPurge } from '../../src/sessions/session-purge.js';
import { logIn, newAddress, PASSWORD, register, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

const DAY_MS = 86_400_000;

describe('an account', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
  });
  afterAll(() => app.close());

  const firstLoginOf = async ({ session }: Tokens) => {
    const [event] = await asSuperuser<{ first: boolean }>(
      app.database,
      `SELECT (details->>'firstLogin')::boolean AS first FROM audit_events
       WHERE type = 'authn_login_success' AND session_id = '${session.id}'`,
    );
    return event!.first;
  };
  const failuresOf = () =>
    asSuperuser<{ failures: number }>(app.database, 'SELECT failures FROM login_failures');
  const login = (email: string, password = PASSWORD) =>
    app.call({ url: '/auth/login', body: { email, password } });

  it('is known to have been used even after its last session was purged', async () => {
    const email = await register(app);
    expect(await firstLoginOf(await logIn(app, email))).toBe(true);
    expect(await firstLoginOf(await logIn(app, email))).toBe(false);
    clock.advance(40 * DAY_MS);
    await app.app.get(SessionPurge, { strict: false }).purge();
    expect(await asSuperuser(app.database, 'SELECT FROM sessions')).toEqual([]);
    expect(await firstLoginOf(await logIn(app, email))).toBe(false);
  });

  it('can be registered despite earlier guesses for its address', async () => {
    const email = newAddress();
    for (let guess = 0; guess < 10; guess++) await login(email, 'a guess at what is not there');
    expect((await login(email)).statusCode).toBe(429);
    await register(app, email);
    expect((await login(email)).statusCode).toBe(200);
    expect(await failuresOf()).toEqual([]);
  });

  it('counts no failure for a login that the service could not evaluate', async () => {
    const email = await register(app);
    await asSuperuser(app.database, 'ALTER TABLE sessions RENAME TO sessions_away');
    for (let attempt = 0; attempt < 12; attempt++) expect((await login(email)).statusCode).toBe(500);
    await asSuperuser(app.database, 'ALTER TABLE sessions_away RENAME TO sessions');
    expect((await failuresOf()).filter(({ failures }) => failures > 0)).toEqual([]);
    expect((await login(email)).statusCode).toBe(200);
  });
});
