import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { beginLogin, enrolTotp } from '../support/app/factors.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

const rolesOf = ({ accessToken }: Pick<Tokens, 'accessToken'>) =>
  (
    JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as {
      roles: string[];
    }
  ).roles;

describe('roles of MFA_REQUIRED_ROLES', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock, variables: { MFA_REQUIRED_ROLES: 'admin' } });
  });
  afterAll(() => app.close());

  let owner: Tokens;
  const giveRoles = (email: string, roles: string[]) =>
    asSuperuser(app.database, 'UPDATE users SET roles = $1 WHERE email = $2', [roles, email]);
  beforeEach(async () => {
    owner = await createPerson(app, { roles: ['admin'] });
  });

  const read = async (token = owner.accessToken) => {
    const answer = await app.call({ url: '/alerts', token });
    const code = answer.statusCode < 400 ? answer.statusCode : answer.json<{ code: string }>().code;
    return { code, status: answer.statusCode, challenge: answer.headers['www-authenticate'], answer };
  };

  it('are absent from tokens, and closed, until a factor is enrolled', async () => {
    expect(rolesOf(owner)).toEqual(['user']);
    expect(await read()).toMatchObject({ code: 'factor_enrollment_required', status: 403 });
    const recorded = () =>
      asSuperuser<{ reason: string }>(
        app.database,
        `SELECT reason FROM audit_events WHERE user_id = $1 AND type = 'authz_fail'`,
        [owner.user.id],
      );
    await expect.poll(recorded).toEqual([{ reason: 'factor_enrollment_required' }]);
    await enrolTotp(app, owner, clock.nowMs());
    // The record of the session decides, so the token need not be renewed first.
    expect(await read()).toMatchObject({ code: 200 });
    clock.advance(11_000);
    const renewed = await app.call({ url: '/auth/refresh', body: { refreshToken: owner.refreshToken } });
    expect(rolesOf(renewed.json<Tokens>())).toEqual(['user', 'admin']);
  });

  it('ask other sessions for the factor, and open with it', async () => {
    const other = await openSession(app, owner.user.email);
    const authenticator = await enrolTotp(app, owner, clock.nowMs());
    const refused = await read(other.accessToken);
    expect(refused).toMatchObject({
      code: 'insufficient_user_authentication',
      status: 401,
      challenge: expect.stringContaining('acr_values="aal2"'),
    });
    expect(refused.answer.json()).toMatchObject({ methods: ['totp'] });
    clock.advance(30_000);
    const proven = await app.call({
      url: '/auth/step-up',
      token: other.accessToken,
      body: { method: 'totp', code: authenticator.codeAt(clock.nowMs()) },
    });
    expect(rolesOf(proven.json<Tokens>())).toEqual(['user', 'admin']);
    expect(await read(other.accessToken)).toMatchObject({ code: 200 });
    expect(await read(proven.json<Tokens>().accessToken)).toMatchObject({ code: 200 });
  });

  it('close again at once when the factor goes, whatever the token says', async () => {
    const { id } = await enrolTotp(app, owner, clock.nowMs());
    clock.advance(11_000);
    const renewed = await app.call({ url: '/auth/refresh', body: { refreshToken: owner.refreshToken } });
    const { accessToken } = renewed.json<Tokens>();
    expect(rolesOf({ accessToken })).toContain('admin');
    const removed = await app.call({ method: 'DELETE', url: `/users/me/factors/${id}`, token: accessToken });
    expect(removed.statusCode).toBe(204);
    expect(await read(accessToken)).toMatchObject({ code: 'factor_enrollment_required' });
  });

  it('leave other roles, and people without them, alone', async () => {
    const session = await createPerson(app, { roles: ['auditor'] });
    expect(rolesOf(session)).toEqual(['user', 'auditor']);
    expect(await read(session.accessToken)).toMatchObject({ code: 200 });
    const { accessToken } = await createPerson(app);
    expect(await read(accessToken)).toMatchObject({ code: 'forbidden' });
    await giveRoles(owner.user.email, ['user']);
    expect(await read()).toMatchObject({ code: 'forbidden' });
    await enrolTotp(app, session, clock.nowMs());
    expect((await beginLogin(app, session.user.email, PASSWORD)).methods).toContain('totp');
  });
});
