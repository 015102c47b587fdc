import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, register } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

describe('The export of own data', { timeout: 60_000 }, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it('has the devices that the account remembers, and the times of the first and the last login', async () => {
    const email = await register(app);
    await logIn(app, email);
    const { accessToken: token } = await logIn(app, email);
    const answer = await app.call({ url: '/users/me/export', token });
    const data = answer.json<{ sessions: { deviceId: string; createdAt: string }[] }>();
    const logins = data.sessions.toSorted((one, other) => one.createdAt.localeCompare(other.createdAt));
    expect(logins).toHaveLength(2);
    const [first, last] = logins as [(typeof logins)[0], (typeof logins)[0]];
    expect(data).toMatchObject({
      logins: { firstAt: first.createdAt, lastAt: last.createdAt },
      devices: [last, first].map(({ deviceId, createdAt }) => ({
        deviceId,
        firstLoginAt: createdAt,
        lastLoginAt: createdAt,
      })),
    });
  });
});
