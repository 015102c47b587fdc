import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { createKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, mailTo } from '../support/app/mails.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const RESET_PASSWORD = 'four brass lamps above the quay';
const WRONG = 'nine crows argue over a roof';

describe("a change of one's own password", () => {
  let app: TestApp;
  let other: TestApp;
  beforeAll(async () => {
    app = await startApp();
    other = await startBeside(app);
  });
  afterAll(async () => {
    await other.close();
    await app.close();
  });

  const change = (
    { accessToken: token }: Pick<Tokens, 'accessToken'>,
    currentPassword: unknown = PASSWORD,
    newPassword: unknown = NEW_PASSWORD,
  ) => app.call({ method: 'PUT', url: '/users/me/password', body: { currentPassword, newPassword }, token });
  const login = async (email: string, password: string, deviceToken?: string) =>
    (await app.call({ url: '/auth/login', body: { email, password, deviceToken } })).statusCode;
  const profile = async ({ accessToken: token }: Tokens) =>
    (await app.call({ url: '/users/me', token })).statusCode;
  const eventsOf = ({ user }: Tokens) =>
    asSuperuser<{ type: string; reason: string | null; sessionId: string; details: object }>(
      app.database,
      `SELECT type, reason, session_id AS "sessionId", details FROM audit_events WHERE user_id = $1 ORDER BY position, id`,
      [user.id],
    );

  it('keeps this session and device, and ends every other', async () => {
    const email = await createAccount(app);
    const [elsewhere, own] = [await openSession(app, email), await openSession(app, email)];
    const done = await change(own);
    expect([done.statusCode, done.body]).toEqual([204, '']);
    expect([await profile(own), await profile(elsewhere)]).toEqual([200, 401]);
    const refreshed = await app.call({ url: '/auth/refresh', body: { refreshToken: own.refreshToken } });
    expect(refreshed.statusCode).toBe(200);
    expect(await login(email, PASSWORD)).toBe(401);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
    const known = await asSuperuser<{ deviceId: string }>(
      app.database,
      `SELECT d.device_id = s.device_id AS "isOwn" FROM known_devices d JOIN sessions s ON s.id = $2
       WHERE d.user_id = $1 AND d.device_id IN (SELECT device_id FROM sessions WHERE id IN ($2, $3))`,
      [own.user.id, own.session.id, elsewhere.session.id],
    );
    expect(known).toEqual([{ isOwn: true }]);
  });

  it('names a weak new password together with other faults', async () => {
    const own = await createPerson(app);
    const answer = await change(own, 7, 'passwordpassword');
    const pointers = answer.json<{ errors: { pointer: string }[] }>().errors.map(({ pointer }) => pointer);
    expect(pointers).toEqual(['#/currentPassword', '#/newPassword']);
  });

  it('tells the owner how many API keys go on, and how to end them', async () => {
    const email = await createAccount(app);
    const own = await openSession(app, email);
    await change(own);
    expect((await mailTo(app, email, 'password_changed')).text).not.toContain('API');
    const keys = [await createKey(app, own), await createKey(other, own), await createKey(app, own)];
    const token = own.accessToken;
    await app.call({ method: 'DELETE', url: `/users/me/api-keys/${keys[0]!.id}`, token });
    await change(own, NEW_PASSWORD, PASSWORD);
    const mail = await mailTo(app, email, 'password_changed', 2);
    expect(mail.text).toMatch(/API keys: +2\n/);
    expect(mail.text).toContain('To revoke them, open your account settings');
    const [, kept] = keys;
    expect((await app.call({ url: '/audit/seals', token: kept!.key })).statusCode).toBe(403);
  });

  it('is recorded, and told to the owner once', async () => {
    const email = await createAccount(app);
    const [elsewhere, own] = [await openSession(app, email), await openSession(app, email)];
    await change(own);
    const events = await eventsOf(own);
    expect(events.slice(-2)).toEqual([
      { type: 'authn_password_change', reason: null, sessionId: own.session.id, details: { by: 'change' } },
      {
        type: 'session_ended',
        reason: 'password_changed',
        sessionId: elsewhere.session.id,
        details: { by: own.session.id },
      },
    ]);
    const mail = await mailTo(app, email, 'password_changed');
    expect(mail).toMatchObject({ to: email, link: null, token: null, code: null });
    expect(await mailsTo(app, email, 'password_changed')).toHaveLength(1);
  });

  it('is refused with a wrong present password, which counts like one of a login from this device', async () => {
    const email = await createAccount(app);
    const own = await openSession(app, email);
    for (let guess = 1; guess <= 10; guess += 1) {
      const answer = await change(own, WRONG);
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'invalid_credentials']);
    }
    const held = await change(own);
    expect([held.statusCode, held.json()['violated-policies']]).toEqual([429, ['account-guessing']]);
    expect(Number(held.headers['retry-after'])).toBeGreaterThan(0);
    expect(await login(email, PASSWORD, own.deviceToken)).toBe(429);
    expect(await login(email, PASSWORD)).toBe(200);
    expect((await eventsOf(own)).filter(({ type }) => type === 'authn_login_fail')).toMatchObject(
      Array.from({ length: 10 }, () => ({ reason: 'wrong_password', sessionId: own.session.id })),
    );
  });

  it.each([
    ['too short', 'short'],
    ['made of the own address', 'ADDRESS ADDRESS'],
  ])(
    'is refused with a new password that is %s, before the present one is looked at',
    async (_what, made) => {
      const email = await createAccount(app);
      const own = await openSession(app, email);
      const answer = await change(own, WRONG, made.replaceAll('ADDRESS', email.split('@')[0]!));
      expect([answer.statusCode, answer.json().errors]).toEqual([
        400,
        [{ pointer: '#/newPassword', detail: expect.stringContaining('password') }],
      ]);
      expect((await eventsOf(own)).filter(({ type }) => type === 'authn_login_fail')).toEqual([]);
      expect(await login(email, PASSWORD)).toBe(200);
    },
  );

  it('needs a session', async () => {
    const email = await createAccount(app);
    const own = await openSession(app, email);
    await app.call({ method: 'POST', url: '/auth/logout', token: own.accessToken });
    expect((await change(own)).json().code).toBe('session_ended');
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const anonymous = await app.call({ method: 'PUT', url: '/users/me/password', body });
    expect(anonymous.json().code).toBe('unauthenticated');
    expect(await login(email, PASSWORD)).toBe(200);
  });

  it('is made once by 16 at once on two instances', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const email = await createAccount(app);
      const sessions: Tokens[] = [];
      while (sessions.length < 16) sessions.push(await openSession(app, email));
      const answers = await Promise.all(
        sessions.map(({ accessToken: token }, nth) =>
          (nth % 2 === 0 ? app : other).call({
            method: 'PUT',
            url: '/users/me/password',
            body: { currentPassword: PASSWORD, newPassword: `${NEW_PASSWORD} ${nth}` },
            token,
          }),
        ),
      );
      const winners = answers.flatMap(({ statusCode }, nth) => (statusCode === 204 ? [nth] : []));
      expect(winners).toHaveLength(1);
      expect(await login(email, `${NEW_PASSWORD} ${winners[0]}`)).toBe(200);
      const alive = await Promise.all(sessions.map(profile));
      expect(alive.filter((status) => status === 200)).toHaveLength(1);
      expect(alive[winners[0]!]).toBe(200);
    }
  });

  it('and a reset at the same moment: one of them wins, and nobody who lost is signed in', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const email = await createAccount(app);
      const own = await openSession(app, email);
      await app.call({ url: '/auth/password/forgot', body: { email } });
      const { token } = await mailTo(app, email, 'password_reset');
      const [changed, reset] = await Promise.all([
        change(own),
        other.call({ url: '/auth/password/reset', body: { token, newPassword: RESET_PASSWORD } }),
      ]);
      const isChanged = changed.statusCode === 204;
      expect([changed.statusCode, reset.statusCode]).toEqual(isChanged ? [204, 400] : [401, 204]);
      expect(await profile(own)).toBe(isChanged ? 200 : 401);
      const passwords = [await login(email, NEW_PASSWORD), await login(email, RESET_PASSWORD)];
      expect(passwords).toEqual(isChanged ? [200, 401] : [401, 200]);
    }
  });
});
