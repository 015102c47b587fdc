import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationFault } from '../../src/platform/config/configuration-fault.js';
import { logIn, PASSWORD, register } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres/fresh-database.js';

const EMAIL = 'root@example.com';
const SECRETS = {
  JWT_SECRET_KEY: 'one master secret for all of these instances',
  PASSWORD_PEPPER: 'one pepper for all of these instances, too',
};

describe('the first administrator', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  const start = (email?: string, password = PASSWORD, of = database): Promise<TestApp> =>
    startApp({
      database: of,
      variables: {
        ...SECRETS,
        ...(email && { BOOTSTRAP_ADMIN_EMAIL: email, BOOTSTRAP_ADMIN_PASSWORD: password }),
      },
    });
  const administrators = async (of = database) => {
    const rows = await asSuperuser<{ email: string }>(
      of,
      `SELECT email FROM users WHERE 'admin' = ANY(roles)`,
    );
    return rows.map(({ email }) => email);
  };

  it('does not exist unless the operator configures one: there is no default account', async () => {
    const app = await start();
    onTestFinished(() => app.close());
    expect(await asSuperuser(database, 'SELECT 1 FROM users')).toEqual([]);
  });

  it('peer fault 18: is created once, even if many instances start at the same time, and may read the trail', async () => {
    const apps = await Promise.all(Array.from({ length: 4 }, () => start('Root@Example.COM')));
    onTestFinished(async () => void (await Promise.all(apps.map((app) => app.close()))));
    expect(await administrators()).toEqual([EMAIL]);
    const app = apps[0]!;
    const { accessToken } = await logIn(app, EMAIL);
    const { items } = (await app.call({ url: '/audit/events', token: accessToken })).json();
    const types = items.map(({ type }: { type: string }) => type);
    expect(types.filter((type: string) => type === 'user_created')).toHaveLength(1);
    expect(types.filter((type: string) => type === 'privilege_permissions_changed')).toHaveLength(1);
  });

  it('is not created again while there is one, regardless of the variables', async () => {
    const app = await start('somebody-else@example.com');
    onTestFinished(() => app.close());
    expect(await administrators()).toEqual([EMAIL]);
  });

  it('is never an existing account that was registered with the address', async () => {
    const other = await freshDatabase();
    onTestFinished(() => other.drop());
    const before = await start(undefined, PASSWORD, other);
    await register(before, EMAIL, 'the password of whoever came first');
    await before.close();
    const app = await start(EMAIL, PASSWORD, other);
    onTestFinished(() => app.close());
    expect(await administrators(other)).toEqual([]);
  });

  it.each([
    ['an invalid address', 'not an address', PASSWORD, ['EMAIL']],
    ['a password that is too short', EMAIL, 'short', ['PASSWORD']],
    ['a common password', EMAIL, 'passwordpassword', ['PASSWORD']],
    ['an invalid address and a short password', 'root@localhost', 'short', ['EMAIL', 'PASSWORD']],
  ])('prevents the start with %s', async (_what, email, password, atFault) => {
    const other = await freshDatabase();
    onTestFinished(() => other.drop());
    const refusal = await start(email, password, other).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigurationFault);
    const named = ['EMAIL', 'PASSWORD'].filter((name) =>
      (refusal as ConfigurationFault).faults.some((fault) => fault.startsWith(`BOOTSTRAP_ADMIN_${name}`)),
    );
    expect(named).toEqual(atFault);
  });
});
