import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import { NewPassword } from '../../../src/auth/credentials/passwords/new-password.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { DeviceTokens } from '../../../src/sessions/devices/device-tokens.js';
import { logIn, newAddress, PASSWORD, register, type Tokens } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { setPassword } from '../../support/app/set-password.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const ORIGIN = internalOrigin('operator');
const WRONG = 'nine crows argue over a roof';

describe('known devices', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let tokens: DeviceTokens;
  beforeAll(async () => {
    app = await startApp({ clock });
    tokens = app.app.get(DeviceTokens, { strict: false });
  });
  afterAll(() => app.close());

  let email: string;
  beforeEach(async () => {
    email = await register(app);
  });

  const login = async (password: string, deviceToken?: string, of = email) => {
    clock.advance(1000);
    const body = { email: of, password, tokenTransport: 'body', deviceToken };
    const answer = await app.call({ url: '/auth/login', body });
    return { status: answer.statusCode, ...answer.json<Partial<Tokens>>() };
  };
  const loggedIn = async (deviceToken?: string): Promise<string> => {
    const { status, deviceToken: token } = await login(PASSWORD, deviceToken);
    expect(status).toBe(200);
    return token!;
  };
  const digestOf = (address: string) => app.app.get(AuditService, { strict: false }).emailDigest(address);
  /** The failures that are counted for the account, by device; '' stands for all unknown devices. */
  const failures = async () => {
    const rows = await asSuperuser<{ device_id: string; failures: number }>(
      app.database,
      'SELECT device_id, failures FROM login_failures WHERE account_digest = $1',
      [digestOf(email)],
    );
    return new Map(rows.map((row) => [row.device_id, row.failures]));
  };
  const known = async () => {
    const rows = await asSuperuser<{ device_id: string }>(
      app.database,
      `SELECT device_id FROM known_devices JOIN users ON id = user_id WHERE email = $1 ORDER BY known_devices.last_login_at`,
      [email],
    );
    return rows.map(({ device_id }) => device_id);
  };
  const deviceOf = (token: string) => tokens.read(token)!;

  it('are remembered at login, and recognised by their token', async () => {
    const first = await loggedIn();
    expect(await loggedIn(first)).toBe(first);
    const second = await loggedIn();
    await loggedIn(first);
    expect(await known()).toEqual([deviceOf(second), deviceOf(first)]);
  });

  it('are limited to twenty: the one with the oldest login is deleted, with its failures', async () => {
    const first = await loggedIn();
    const second = await loggedIn();
    await login(WRONG, first);
    await login(WRONG, second);
    for (let device = 0; device < 18; device += 1) await loggedIn();
    expect(await known()).toHaveLength(20);
    await loggedIn(first);
    await login(WRONG, first);
    expect([...(await failures()).keys()].toSorted()).toEqual([deviceOf(first), deviceOf(second)].toSorted());
    const newest = await loggedIn();
    expect(await known()).toHaveLength(20);
    expect((await known())[19]).toBe(deviceOf(newest));
    expect(await known()).toContain(deviceOf(first));
    expect(await known()).not.toContain(deviceOf(second));
    expect([...(await failures()).keys()]).toEqual([deviceOf(first)]);
  });

  it('leave no counts behind after many logins without a token', async () => {
    for (let device = 0; device < 24; device += 1) {
      const token = await loggedIn();
      for (let guess = 0; guess < 11; guess += 1) await login(WRONG, token);
    }
    expect((await failures()).size).toBeLessThanOrEqual(20);
  }, 60_000);

  it('are limited to twenty after concurrent logins', async () => {
    // Eight, because the tenth concurrent attempt starts a wait.
    for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: 8 }, () => loggedIn()));
    expect(await known()).toHaveLength(20);
  });

  it('have their own count, which unknown devices neither raise nor use', async () => {
    const device = await loggedIn();
    await login(WRONG, device);
    await login(WRONG);
    await login(WRONG);
    expect(await failures()).toEqual(
      new Map([
        ['', 2],
        [deviceOf(device), 1],
      ]),
    );
    await loggedIn(device);
    expect(await failures()).toEqual(new Map([['', 2]]));
  });

  it('of another account are unknown, and a login to one account does not allow more guesses at others', async () => {
    const other = await register(app);
    for (let guess = 0; guess < 12; guess += 1) {
      const { deviceToken } = await logIn(app, other);
      await login(WRONG, deviceToken);
    }
    const { deviceToken } = await logIn(app, other);
    expect((await login(WRONG, deviceToken)).status).toBe(429);
    expect(await failures()).toEqual(new Map([['', 10]]));
  });

  it('of another installation with the same secrets are unknown', async () => {
    const { JWT_SECRET_KEY, PASSWORD_PEPPER } = app.environment;
    const elsewhere = await startApp({ variables: { JWT_SECRET_KEY, PASSWORD_PEPPER } });
    onTestFinished(() => elsewhere.close());
    await register(elsewhere, email);
    const { deviceToken } = await logIn(elsewhere, email);
    expect(tokens.read(deviceToken)).not.toBeNull();
    await login(WRONG, deviceToken);
    expect(await failures()).toEqual(new Map([['', 1]]));
  });

  it('are deleted when the password changes', async () => {
    const device = await loggedIn();
    await login(WRONG, device);
    const hash = await app.app.get(NewPassword, { strict: false }).hash(PASSWORD);
    await setPassword(app, email, hash);
    expect([await known(), await failures()]).toEqual([[], new Map()]);
    await login(WRONG, device);
    expect(await failures()).toEqual(new Map([['', 1]]));
  });

  it('are deleted with the account, and unknown to a later account with the same address', async () => {
    const device = await loggedIn();
    await app.app.get(AccountAdministration, { strict: false }).delete(email, ORIGIN);
    await register(app, email);
    await login(WRONG, device);
    expect(await failures()).toEqual(new Map([['', 1]]));
  });

  it.each(['', 'x', 'A'.repeat(64), 'A'.repeat(118), 'A'.repeat(200)])(
    'are not created by a token that was not issued: %j',
    async (token) => {
      await login(WRONG, token);
      expect(await failures()).toEqual(new Map([['', 1]]));
    },
  );

  it('do not exist for an unknown account', async () => {
    const device = await loggedIn();
    const nobody = newAddress();
    await login(WRONG, device, nobody);
    const rows = await asSuperuser(
      app.database,
      'SELECT device_id FROM login_failures WHERE account_digest = $1',
      [digestOf(nobody)],
    );
    expect(rows).toEqual([{ device_id: '' }]);
  });
});
