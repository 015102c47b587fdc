import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeySchedule } from '../../src/machines/keys/key-schedule.js';
import type { MailKind } from '../../src/platform/mail/mail-kinds.js';
import {
  logIn,
  newAddress,
  PASSWORD,
  register,
  signUp,
  signUpVerified,
  type Tokens,
} from '../support/app/accounts.js';
import { createKey } from '../support/app/api-keys.js';
import { enrolTotp } from '../support/app/factors.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { createPerson } from '../support/app/people.js';
import { ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

const HOUR_MS = 3_600_000;

describe('an account with the address of a stranger', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
  });
  afterAll(() => app.close());

  const told = async (email: string, kind: MailKind) => {
    await outboxIsEmpty(app);
    return (await mailsTo(app, email, kind)).length;
  };
  const createAndDelete = async (owner: Tokens) => {
    const { id } = await createKey(app, owner, { scopes: ['orders:read'] });
    const url = `/users/me/api-keys/${id}`;
    expect((await app.call({ method: 'DELETE', url, token: owner.accessToken })).statusCode).toBe(204);
  };
  const addAndRemoveFactor = async (owner: Tokens) => {
    const { id } = await enrolTotp(app, owner, clock.nowMs());
    const url = `/users/me/factors/${id}`;
    expect((await app.call({ method: 'DELETE', url, token: owner.accessToken })).statusCode).toBe(204);
  };

  it('sends three notices of new keys an hour, however many it makes', async () => {
    const owner = await signUp(app);
    for (let n = 1; n <= 5; n += 1) await createAndDelete(owner);
    expect(await told(owner.user.email, 'api_key_created')).toBe(3);
    clock.advance(HOUR_MS);
    await createAndDelete(await logIn(app, owner.user.email));
    expect(await told(owner.user.email, 'api_key_created')).toBe(4);
  });

  it('sends no more by tags of the mailbox', async () => {
    const [local, host] = newAddress().split('@') as [string, string];
    const addresses = [1, 2, 3, 4].map((n) => `${local}+${n}@${host}`);
    for (const address of addresses) await createAndDelete(await logIn(app, await register(app, address)));
    const counts = [];
    for (const address of addresses) counts.push(await told(address, 'api_key_created'));
    expect(counts).toEqual([1, 1, 1, 0]);
  });

  it('sends three notices of its deletion an hour, and no more mails when it is registered again', async () => {
    const [local, host] = newAddress().split('@') as [string, string];
    const addresses = [1, 2, 3, 4, 5].map((n) => `${local}+${n}@${host}`);
    for (const address of addresses) {
      const { accessToken: token } = await logIn(app, await register(app, address));
      expect((await app.call({ method: 'DELETE', url: '/users/me', token })).statusCode).toBe(204);
    }
    const toldAll = async (kind: MailKind) =>
      (await Promise.all(addresses.map((address) => told(address, kind)))).reduce((sum, n) => sum + n);
    expect([await toldAll('verification'), await toldAll('account_deleted')]).toEqual([3, 3]);
  });

  it('sends three notices of changed passwords an hour, and the one of a reset in any case', async () => {
    const { accessToken: token, user } = await signUp(app);
    const [even, odd] = [PASSWORD, 'seven quiet herons cross the weir'];
    for (let n = 0; n < 4; n += 1) {
      const body = { currentPassword: n % 2 ? odd : even, newPassword: n % 2 ? even : odd };
      const changed = await app.call({ method: 'PUT', url: '/users/me/password', body, token });
      expect(changed.statusCode).toBe(204);
    }
    expect(await told(user.email, 'password_changed')).toBe(3);
    await app.call({ url: '/auth/password/forgot', body: { email: user.email } });
    const { token: link } = await mailTo(app, user.email, 'password_reset');
    const body = { token: link, newPassword: odd };
    expect((await app.call({ url: '/auth/password/reset', body })).statusCode).toBe(204);
    expect(await told(user.email, 'password_changed')).toBe(4);
  });

  it('has no notice of keys of service accounts, although it was invited to be an administrator', async () => {
    const accounts = await ServiceAccountsOf.of(app);
    const { id } = await accounts.create('orders:read');
    await accounts.call(`/${id}/api-keys`, {
      body: { name: 'CI', scopes: ['orders:read'], expiresInDays: 4 },
    });
    const [invited, admin] = [await signUp(app), await createPerson(app, { roles: ['admin'] })];
    await asSuperuser(
      app.database,
      "UPDATE users SET roles = '{user,admin}', invited_at = now() WHERE id = $1",
      [invited.user.id],
    );
    clock.advance(25 * HOUR_MS);
    await app.app.get(KeySchedule, { strict: false }).run();
    expect(await told(admin.user.email, 'api_key_expiring')).toBe(1);
    expect(await told(invited.user.email, 'api_key_expiring')).toBe(0);
  });

  it('has notices of keys of service accounts that name the account, and the time in proper words', async () => {
    const accounts = await ServiceAccountsOf.of(app);
    const { id } = await accounts.create('orders:read');
    const body = { name: 'CI', scopes: ['orders:read'], expiresInDays: 4 };
    await accounts.call(`/${id}/api-keys`, { body });
    const { name } = (await accounts.call(`/${id}`)).json<{ name: string }>();
    const admin = await createPerson(app, { roles: ['admin'], verified: true });
    await asSuperuser(app.database, 'UPDATE users SET locale = $2 WHERE id = $1', [admin.user.id, 'de']);
    clock.advance(72 * HOUR_MS);
    await app.app.get(KeySchedule, { strict: false }).run();
    const { subject, text } = await mailTo(app, admin.user.email, 'api_key_expiring');
    expect(subject).toMatch(/läuft in 1 Tag ab$/);
    expect(text).toContain(`Dienstkonto: ${name}\n`);
  });

  it('sends three notices an hour of keys that expire soon', async () => {
    const owner = await signUp(app);
    for (let n = 1; n <= 5; n += 1) await createKey(app, owner, { expiresInDays: 4 });
    clock.advance(25 * HOUR_MS);
    await app.app.get(KeySchedule, { strict: false }).run();
    expect(await told(owner.user.email, 'api_key_expiring')).toBe(3);
  });

  it('sends three notices of added and of removed factors an hour', async () => {
    const owner = await signUp(app);
    for (let n = 1; n <= 5; n += 1) await addAndRemoveFactor(owner);
    expect(await told(owner.user.email, 'factor_added')).toBe(3);
    expect(await told(owner.user.email, 'factor_removed')).toBe(3);
  });

  it('sends every notice once its owner has proven the address', async () => {
    const owner = await signUpVerified(app);
    for (let n = 1; n <= 5; n += 1) {
      await createAndDelete(owner);
      await addAndRemoveFactor(owner);
    }
    for (const kind of ['api_key_created', 'factor_added', 'factor_removed'] as const)
      expect(await told(owner.user.email, kind)).toBe(5);
  });
});
