import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { logIn, newAddress, PASSWORD, register } from '../support/app/accounts.js';
import { createAccount, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, mailTo } from '../support/app/mails.js';
import { expectOneWinner } from '../support/races/one-winner.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { eventually } from '../support/time/eventually.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const MINUTE_MS = 60_000;

describe('a forgotten password', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let other: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock, variables: { TRUSTED_PROXIES: '127.0.0.1/32' } });
    other = await startBeside(app, { clock });
  });
  afterAll(async () => {
    await other.close();
    await app.close();
  });

  const forgot = (email: string, headers: Record<string, string> = {}) =>
    app.call({ url: '/auth/password/forgot', body: { email }, headers });
  const reset = (token: unknown, newPassword: unknown = NEW_PASSWORD, { call } = app) =>
    call({ url: '/auth/password/reset', body: { token, newPassword } });
  const disown = (token: unknown) => app.call({ url: '/auth/sessions/disown', body: { token } });
  /** The token of the link that is mailed; the `nth` to this address. */
  const tokenFor = async (email: string, nth = 1): Promise<string> => {
    expect((await forgot(email)).statusCode).toBe(202);
    return (await mailTo(app, email, 'password_reset', nth)).token!;
  };
  const login = async (email: string, password: string) =>
    (await app.call({ url: '/auth/login', body: { email, password } })).statusCode;
  const profile = async (token: string) => (await app.call({ url: '/users/me', token })).statusCode;
  const eventsOf = (email: string) =>
    asSuperuser<{ type: string; outcome: string; reason: string | null; details: object }>(
      app.database,
      `SELECT type, outcome, reason, details FROM audit_events
       WHERE user_id = (SELECT id FROM users WHERE email = $1) ORDER BY position, id`,
      [email],
    );
  const disable = (email: string) =>
    app.app.get(AccountAdministration, { strict: false }).disable(email, internalOrigin('operator'));

  /** The answer to every link that is not valid. */
  async function expectInvalid(answer: Awaited<ReturnType<typeof reset>>): Promise<void> {
    expect({ ...answer.json(), requestId: 'its own' }).toEqual({
      type: expect.stringMatching(/invalid_link$/),
      title: 'Link not valid',
      status: 400,
      detail: 'This link is incorrect, has expired, or was already used or replaced. Request a new one.',
      code: 'invalid_link',
      requestId: 'its own',
    });
  }

  it('is replaced by the link that is mailed to the address of the account', async () => {
    const email = await createAccount(app);
    const answer = await forgot(email);
    expect([answer.statusCode, answer.body]).toEqual([202, '']);
    const mail = await mailTo(app, email, 'password_reset');
    expect(mail.link).toBe(`http://localhost:3000/account/reset#token=${mail.token}`);
    expect([mail.text, mail.html]).toEqual([
      expect.stringContaining(mail.link!),
      expect.stringContaining(mail.link!),
    ]);
    const done = await reset(mail.token);
    expect([done.statusCode, done.body, done.headers['set-cookie']]).toEqual([204, '', undefined]);
    expect(await login(email, PASSWORD)).toBe(401);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
  });

  it('is mailed in the language of the account', async () => {
    const email = newAddress();
    await app.call({ url: '/auth/register', body: { email, password: PASSWORD, locale: 'de' } });
    await forgot(email.toUpperCase());
    expect((await mailTo(app, email, 'password_reset')).subject).toBe(
      'Neues Passwort für Ihr Konto bei Portcullis',
    );
  });

  it('ends every session, forgets every device, clears the failures, proves the address and tells the owner once', async () => {
    const email = await createAccount(app);
    const first = await openSession(app, email);
    await logIn(app, email);
    const disownToken = (await mailTo(app, email, 'new_device')).token!;
    for (let failure = 0; failure < 11; failure += 1) await login(email, 'nine crows argue over a roof');
    expect(await login(email, PASSWORD)).toBe(429);
    expect((await reset(await tokenFor(email))).statusCode).toBe(204);

    expect(await profile(first.accessToken)).toBe(401);
    await expectInvalid(await disown(disownToken));
    const known = `SELECT count(*)::int AS devices FROM known_devices JOIN users ON users.id = user_id WHERE email = $1`;
    expect(await asSuperuser(app.database, known, [email])).toEqual([{ devices: 0 }]);
    const again = await logIn(app, email, NEW_PASSWORD);
    expect(again.user).toMatchObject({ emailVerified: true });

    await mailTo(app, email, 'password_changed');
    expect(await mailsTo(app, email, 'password_changed')).toHaveLength(1);
    const events = await eventsOf(email);
    const begun = events.findIndex(({ type }) => type === 'authn_password_reset_requested');
    expect(events.slice(begun, begun + 4)).toEqual([
      {
        type: 'authn_password_reset_requested',
        outcome: 'success',
        reason: null,
        details: { account: expect.any(String) },
      },
      { type: 'authn_password_change', outcome: 'success', reason: null, details: { by: 'reset' } },
      { type: 'session_revoked', outcome: 'success', reason: 'password_reset', details: { sessions: 2 } },
      { type: 'user_email_verified', outcome: 'success', reason: null, details: { by: 'reset' } },
    ]);
  });

  it.each([
    ['too short', 'short'],
    ['breached', 'iloveyousomuch123'],
  ])('may be replaced by no password that is %s, and the link stays valid', async (_what, password) => {
    const email = await createAccount(app);
    const token = await tokenFor(email);
    const answer = await reset(token, password);
    expect([answer.statusCode, answer.json().errors]).toEqual([
      400,
      [{ pointer: '#/newPassword', detail: expect.stringContaining('password') }],
    ]);
    expect((await reset(token)).statusCode).toBe(204);
  });

  it('keeps the old password until the new one is set', async () => {
    const email = await createAccount(app);
    const token = await tokenFor(email);
    expect(await login(email, PASSWORD)).toBe(200);
    expect((await reset(token)).statusCode).toBe(204);
  });

  it('has one link that works: a newer one replaces the older', async () => {
    const email = await createAccount(app);
    const older = await tokenFor(email);
    const newer = await tokenFor(email, 2);
    await expectInvalid(await reset(older));
    expect((await reset(newer)).statusCode).toBe(204);
  });

  it('has a link that works until the last millisecond of its half hour, and not at its end', async () => {
    const [early, late] = [await createAccount(app), await createAccount(app)];
    const tokens = [await tokenFor(early), await tokenFor(late)];
    clock.advance(30 * MINUTE_MS - 1);
    expect((await reset(tokens[0])).statusCode).toBe(204);
    clock.advance(1);
    await expectInvalid(await reset(tokens[1]));
    expect(await login(late, PASSWORD)).toBe(200);
  });

  it('gets no link where the account is disabled, and an older one does not work there', async () => {
    const email = await createAccount(app);
    const token = await tokenFor(email);
    await disable(email);
    await expectInvalid(await reset(token));
    expect((await forgot(email)).statusCode).toBe(202);
    await eventually(async () =>
      expect((await eventsOf(email)).at(-1)).toMatchObject({
        type: 'authn_password_reset_requested',
        outcome: 'failure',
        reason: 'account_disabled',
      }),
    );
    expect(await mailsTo(app, email, 'password_reset')).toHaveLength(1);
  });

  it.each([
    ['an unknown token', 'kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE'],
    ['an empty text', ''],
    ['a number', 7],
    ['a list', ['kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE']],
    ['a long text', 'k'.repeat(5000)],
    ['half a character', '\ud800'],
    ['a NUL byte', '\u0000'],
  ])('peer fault 1: is not replaced with %s in place of the token', async (_what, token) => {
    await expectInvalid(await reset(token));
  });

  it('peer fault 1: is not replaced without a token', async () => {
    for (const body of [{ newPassword: NEW_PASSWORD }, { token: null, newPassword: NEW_PASSWORD }]) {
      const answer = await app.call({ url: '/auth/password/reset', body });
      expect(answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '#/token' }] });
    }
    const named = { email: await createAccount(app), token: 'x', newPassword: NEW_PASSWORD };
    const answer = await app.call({ url: '/auth/password/reset', body: named });
    expect(answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '#/email' }] });
  });

  it('is not replaced with a token in which one character differs', async () => {
    const token = await tokenFor(await createAccount(app));
    for (const at of [0, 1, 20, token.length - 1]) {
      const wrong = token[at] === 'A' ? 'B' : 'A';
      await expectInvalid(await reset(token.slice(0, at) + wrong + token.slice(at + 1)));
    }
    for (const odd of [`${token} `, `${token}=`, token.slice(0, -1)]) await expectInvalid(await reset(odd));
    expect((await reset(token)).statusCode).toBe(204);
  });

  it('peer fault 2: is replaced once by a token that is used 16 times at once on two instances', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const email = await createAccount(app);
      const token = await tokenFor(email);
      const passwords = Array.from({ length: 16 }, (_, nth) => `${NEW_PASSWORD} ${nth}`);
      const answers = await Promise.all(
        passwords.map((password, nth) => reset(token, password, nth % 2 === 0 ? app : other)),
      );
      const statuses = answers.map(({ statusCode }) => statusCode);
      expectOneWinner(statuses);
      expect(await login(email, passwords[statuses.indexOf(204)]!)).toBe(200);
      expect((await eventsOf(email)).filter(({ type }) => type === 'authn_password_change')).toHaveLength(1);
      await mailTo(app, email, 'password_changed');
      expect(await mailsTo(app, email, 'password_changed')).toHaveLength(1);
    }
  });

  it('peer faults 3, 5 and 14: is not replaced by a token that was used', async () => {
    const email = await createAccount(app);
    const token = await tokenFor(email);
    expect((await reset(token)).statusCode).toBe(204);
    await expectInvalid(await reset(token, 'four brass lamps above the quay'));
    expect(await login(email, NEW_PASSWORD)).toBe(200);
  });

  it('peer faults 8 and 9: is not replaced by a token of another purpose, nor does its token serve another', async () => {
    const email = await createAccount(app);
    await openSession(app, email);
    const { accessToken } = await logIn(app, email);
    const disownToken = (await mailTo(app, email, 'new_device')).token!;
    const resetToken = await tokenFor(email);
    await expectInvalid(await reset(disownToken));
    await expectInvalid(await disown(resetToken));
    expect(await profile(accessToken)).toBe(200);
    expect((await reset(resetToken)).statusCode).toBe(204);
  });

  it('peer fault 11: is not replaced by a token from before a change of the address or the password', async () => {
    const [moved, changed] = [await createAccount(app), await createAccount(app)];
    const tokens = [await tokenFor(moved), await tokenFor(changed)];
    await asSuperuser(app.database, 'UPDATE users SET email = $2 WHERE email = $1', [moved, newAddress()]);
    const { accessToken: token } = await openSession(app, changed);
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const put = { method: 'PUT' as const, url: '/users/me/password', body, token };
    expect((await app.call(put)).statusCode).toBe(204);
    for (const old of tokens) await expectInvalid(await reset(old, 'four brass lamps above the quay'));
  });

  it('peer fault 15: is not replaced by opening anything', async () => {
    const email = await createAccount(app);
    const token = await tokenFor(email);
    for (const method of ['GET', 'HEAD', 'OPTIONS'] as const) {
      for (const url of [`/auth/password/reset?token=${token}`, `/account/reset?token=${token}`])
        await app.call({ method, url });
    }
    expect(await login(email, PASSWORD)).toBe(200);
    expect((await reset(token)).statusCode).toBe(204);
  });

  it.each([
    ['Host', { host: 'evil.example' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
    ['Forwarded', { forwarded: 'host=evil.example;proto=https' }],
    ['Referer', { referer: 'https://evil.example/' }],
  ])('peer fault 16: has a link that no %s field of a request leads elsewhere', async (_name, headers) => {
    const email = await createAccount(app);
    expect((await forgot(email, headers)).statusCode).toBe(202);
    const { link, text, html } = await mailTo(app, email, 'password_reset');
    expect(link).toMatch(/^http:\/\/localhost:3000\/account\/reset#token=/);
    expect(text + html).not.toContain('evil');
  });

  it('peer fault 44: leaves nothing to somebody who opened the account with the address of its owner', async () => {
    const email = await register(app);
    const squatter = await openSession(app, email);
    const second = await logIn(app, email);
    const disownToken = (await mailTo(app, email, 'new_device')).token!;
    expect((await reset(await tokenFor(email))).statusCode).toBe(204);
    for (const { accessToken, refreshToken } of [squatter, second]) {
      expect(await profile(accessToken)).toBe(401);
      expect((await app.call({ url: '/auth/refresh', body: { refreshToken } })).statusCode).toBe(401);
    }
    await expectInvalid(await disown(disownToken));
    expect(await login(email, PASSWORD)).toBe(401);
    const left = await asSuperuser(
      app.database,
      `SELECT (SELECT count(*) FROM single_use_secrets WHERE subject = users.id)::int AS secrets,
              (SELECT count(*) FROM known_devices WHERE user_id = users.id)::int AS devices,
              (SELECT count(*) FROM sessions WHERE user_id = users.id AND revoked_at IS NULL)::int AS sessions
       FROM users WHERE email = $1`,
      [email],
    );
    expect(left).toEqual([{ secrets: 0, devices: 0, sessions: 0 }]);
  });
});
