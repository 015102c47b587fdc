import { beforeEach, expect, it } from 'vitest';
import { AccountAccess } from '../../src/admin/account-access.js';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { RecoverySchedule } from '../../src/auth/factor-recovery/recovery-schedule.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { createKey } from '../support/app/api-keys.js';
import { enrolTotp } from '../support/app/factors.js';
import { mailTo } from '../support/app/mails.js';
import { registerPasskey } from '../support/app/passkeys.js';
import type { TestApp } from '../support/app/test-app.js';
import { twoInstances } from '../support/app/two-instances.js';
import { describeWithRedis } from '../support/redis/redis-server.js';
import { ManualClock } from '../support/time/manual-clock.js';

const ORIGIN = internalOrigin('a-test-of-required-factors');
const DAY_MS = 86_400_000;

/** The bound within which a change of the owner holds for keys everywhere, milliseconds. */
const KNOWN_WITHIN_MS = 1000;

describeWithRedis('keys of people with a role of MFA_REQUIRED_ROLES', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  twoInstances({ clock, variables: { MFA_REQUIRED_ROLES: 'admin' } }, (one, other) => {
    here = one;
    there = other;
  });

  let owner: Tokens;
  let key: string;
  beforeEach(async () => {
    const { email } = (await createPerson(here, { verified: true })).user;
    await here.app.get(AccountAdministration, { strict: false }).setRoles(email, ['user', 'admin'], ORIGIN);
    owner = await openSession(here, email);
    const scopes = ['users:read', 'users:write', 'audit:read', 'orders:read'];
    ({ key } = await createKey(here, owner, { scopes, expiresInDays: 366 }));
  });

  const get = async (url: string, app: TestApp) => {
    const answer = await app.call({ url, token: key });
    return answer.statusCode < 400 ? answer.statusCode : answer.json<{ code: string }>().code;
  };
  const expectEverywhere = async (expected: number | string, url = '/admin/users') => {
    for (const app of [here, there])
      await expect.poll(() => get(url, app), { timeout: KNOWN_WITHIN_MS, interval: 30 }).toBe(expected);
  };

  it('open nothing of the role without a factor, and the rest as ever', async () => {
    await expectEverywhere('forbidden');
    await expectEverywhere('forbidden', '/audit/seals');
    const write = await here.call({
      method: 'PATCH',
      url: `/admin/users/${owner.user.id}`,
      token: key,
      body: { locale: 'de' },
    });
    expect(write.json()).toMatchObject({ code: 'forbidden' });
    await here.app
      .get(AccountAdministration, { strict: false })
      .setRoles(owner.user.email, ['user', 'auditor', 'admin'], ORIGIN);
    await expectEverywhere(200, '/audit/seals');
    await expectEverywhere('forbidden');
  });

  it('open it within a second once the owner has an authenticator app, on every instance, and not before it is confirmed', async () => {
    await expectEverywhere('forbidden');
    await here.call({ url: '/users/me/factors/totp', token: owner.accessToken, body: { name: 'Phone' } });
    expect(await get('/admin/users', there)).toBe('forbidden');
    await enrolTotp(here, owner, clock.nowMs());
    await expectEverywhere(200);
    await expectEverywhere(200, '/audit/seals');
  });

  it('close within a second on every instance when the last factor goes, and not with another', async () => {
    const { id: app } = await enrolTotp(here, owner, clock.nowMs());
    const { id: passkey } = await registerPasskey(here, owner);
    await expectEverywhere(200);
    const remove = (id: string) =>
      here.call({ method: 'DELETE', url: `/users/me/factors/${id}`, token: owner.accessToken });
    expect((await remove(app)).statusCode).toBe(204);
    await expectEverywhere(200);
    expect((await remove(passkey)).statusCode).toBe(204);
    await expectEverywhere('forbidden');
  });

  it('close when an administrator removes the factors, and open again with a passkey', async () => {
    await enrolTotp(here, owner, clock.nowMs());
    await expectEverywhere(200);
    await here.app.get(AccountAccess, { strict: false }).removeFactors(owner.user.email, ORIGIN);
    await expectEverywhere('forbidden');
    await registerPasskey(here, await openSession(here, owner.user.email));
    await expectEverywhere(200);
  });

  it('close when the recovery of lost factors is finished', async () => {
    const { email } = owner.user;
    await enrolTotp(here, owner, clock.nowMs());
    await here.call({ url: '/auth/recovery', body: { email, password: PASSWORD } });
    await mailTo(here, email, 'recovery_started');
    clock.advance(3 * DAY_MS);
    await here.app.get(RecoverySchedule, { strict: false }).run();
    const { token } = await mailTo(here, email, 'recovery_ready');
    await expectEverywhere(200);
    const finished = await here.call({ url: '/auth/recovery/finish', body: { token } });
    expect(finished.statusCode).toBe(204);
    await expectEverywhere('forbidden');
  });
});
