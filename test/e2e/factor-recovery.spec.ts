import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { RecoverySchedule } from '../../src/auth/factor-recovery/recovery-schedule.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { MailOutbox } from '../../src/platform/mail/mail-outbox.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { logIn, newAddress, PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { type Authenticator, beginLogin, enrolTotp } from '../support/app/factors.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { registerPasskey } from '../support/app/passkeys.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { expectOneWinner } from '../support/races/one-winner.js';
import { ManualClock } from '../support/time/manual-clock.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WAITING_MS = 3 * DAY_MS;
const NEW_PASSWORD = 'seven quiet herons cross the weir';
const INVALID = [400, 'invalid_link'];

describe('the recovery of lost factors', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await startApp({ clock, variables: { MFA_REQUIRED_ROLES: 'admin' } });
    there = await startBeside(here, { clock, variables: { MFA_REQUIRED_ROLES: 'admin' } });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  let owner: Tokens;
  let email: string;
  let phone: Authenticator;
  const sql = <Row extends object>(text: string, ...values: unknown[]) =>
    asSuperuser<Row & Record<string, unknown>>(here.database, text, values);
  const verify = (address: string) => sql('UPDATE users SET email_verified = true WHERE email = $1', address);
  beforeEach(async () => {
    owner = await createPerson(here, { verified: true });
    ({ email } = owner.user);
    phone = await enrolTotp(here, owner, clock.nowMs());
  });

  const ask = async (
    password = PASSWORD,
    { address = email, app = here, ...rest }: { address?: string; app?: TestApp } & Partial<TestRequest> = {},
  ) => app.call({ url: '/auth/recovery', body: { email: address, password }, ...rest });
  const start = async () => {
    expect((await ask()).statusCode).toBe(202);
    return mailTo(here, email, 'recovery_started');
  };
  /** Advances both clocks, and does the steps that are due, on one instance. */
  const pass = async (ms: number, { app } = here) => {
    clock.advance(ms);
    await app.get(RecoverySchedule, { strict: false }).run();
  };
  const become = async () => {
    await start();
    await pass(WAITING_MS);
    return mailTo(here, email, 'recovery_ready');
  };
  const send = async (step: 'cancel' | 'finish', token: unknown, app = here) => {
    const answer = await app.call({ url: `/auth/recovery/${step}`, body: { token } });
    return answer.statusCode === 204 ? [204] : [answer.statusCode, answer.json().code];
  };
  const cancelIn = async ({ accessToken: token }: Tokens) =>
    (await here.call({ method: 'DELETE', url: '/users/me/recovery', token })).statusCode;
  const factorsOf = async ({ accessToken: token }: Tokens) =>
    (await here.call({ url: '/users/me/factors', token })).json<{
      items: object[];
      recoveryCodesLeft: number;
      recovery: object | null;
    }>();
  const isRunning = async () => {
    const [row] = await sql<{ canceled_at: Date | null }>(
      'SELECT canceled_at FROM factor_recoveries WHERE user_id = $1',
      owner.user.id,
    );
    return row !== undefined && row.canceled_at === null;
  };
  const countFactors = async () =>
    (await sql('SELECT id FROM totp_factors WHERE user_id = $1', owner.user.id)).length;
  const events = async (type: string) =>
    sql<{ outcome: string; reason: string | null; details: object }>(
      'SELECT outcome, reason, details FROM audit_events WHERE user_id = $1 AND type = $2 ORDER BY position, id',
      owner.user.id,
      type,
    );
  const reasons = async (type: string) => (await events(type)).map(({ reason }) => reason);

  describe('starts', () => {
    it('with the password, for a waiting time that the owner sees in every session and is told by mail', async () => {
      const mail = await start();
      const startedAt = clock.now().toISOString();
      const dueAt = new Date(clock.nowMs() + WAITING_MS).toISOString();
      expect((await factorsOf(owner)).recovery).toEqual({ startedAt, dueAt });
      expect(mail.link).toBe(`http://localhost:3000/account/recovery#token=${mail.token}`);
      expect(mail.text).toContain(dueAt);
      expect(mail.text).toContain('127.0.0.1');
      expect(await events('user_recovery_started')).toMatchObject([
        { outcome: 'success', details: { dueAt } },
      ]);
      expect((await beginLogin(here, email, PASSWORD)).methods).toContain('totp');
    });

    it('in the language of the account', async () => {
      await sql(`UPDATE users SET locale = 'de' WHERE email = $1`, email);
      expect((await start()).subject).toBe(
        'Die zweiten Faktoren Ihres Kontos bei Portcullis sollen entfernt werden',
      );
      await pass(WAITING_MS);
      expect((await mailTo(here, email, 'recovery_ready')).subject).toContain('entfernen');
    });

    it('with the same answer for wrong passwords and unknown addresses, which are counted like those of logins', async () => {
      const unknown = newAddress();
      for (const [address, password] of [
        [email, PASSWORD],
        [email, 'wrong'],
        [unknown, PASSWORD],
      ] as const) {
        const answer = await ask(password, { address });
        expect([answer.statusCode, answer.body, answer.headers['set-cookie']]).toEqual([202, '', undefined]);
      }
      for (let failures = 1; failures < 10; failures += 1) {
        await ask('wrong', { address: unknown });
        await ask('wrong');
      }
      const refusals = [await ask(), await ask(PASSWORD, { address: unknown })];
      for (const refusal of refusals) {
        expect([refusal.statusCode, refusal.json().code]).toEqual([429, 'rate_limited']);
        expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
      }
      const login = await here.call({ url: '/auth/login', body: { email, password: PASSWORD } });
      expect(login.statusCode).toBe(429);
      expect(await reasons('authn_login_fail')).toEqual(Array.from({ length: 10 }, () => 'wrong_password'));
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_started')).toHaveLength(1);
    });

    it('from a known device while strangers have locked the account', async () => {
      for (let failures = 0; failures < 10; failures += 1) await ask('wrong');
      expect((await ask()).statusCode).toBe(429);
      const cookies = { device: owner.deviceToken };
      const headers = { 'sec-fetch-site': 'same-origin' };
      expect((await ask(PASSWORD, { cookies, headers })).statusCode).toBe(202);
      expect(await isRunning()).toBe(true);
    });

    it('without changing the count of wrong passwords', async () => {
      for (let failures = 0; failures < 9; failures += 1) await ask('wrong');
      await ask();
      await ask('wrong');
      expect((await ask()).statusCode).toBe(429);
    });

    it('not for an account without a factor, an unproven address, or a disabled account', async () => {
      const plain = await createAccount(here);
      await verify(plain);
      expect((await ask(PASSWORD, { address: plain })).statusCode).toBe(202);
      await sql('UPDATE users SET email_verified = false WHERE email = $1', email);
      expect((await ask()).statusCode).toBe(202);
      await sql('UPDATE users SET email_verified = true, disabled_at = now() WHERE email = $1', email);
      expect((await ask()).statusCode).toBe(202);
      expect(await reasons('user_recovery_start_fail')).toEqual(['email_unverified']);
      expect(await reasons('authn_login_fail')).toEqual(['account_disabled']);
      expect(await sql('SELECT FROM factor_recoveries WHERE user_id = $1', owner.user.id)).toEqual([]);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, plain, 'recovery_started')).toEqual([]);
      expect(await mailsTo(here, email, 'recovery_started')).toEqual([]);
    });

    it('nothing where it tells nobody: a right password counts like a wrong one', async () => {
      const plain = await createAccount(here);
      await verify(plain);
      const unproven = await createAccount(here);
      await start();
      await cancelIn(owner);
      for (const address of [plain, unproven, email]) {
        for (let failures = 0; failures < 10; failures += 1)
          expect((await ask(PASSWORD, { address })).statusCode).toBe(202);
        expect((await ask(PASSWORD, { address })).statusCode).toBe(429);
      }
      expect(await reasons('authn_login_fail')).toEqual([]);
    });

    it('never where the operator has switched it off', async () => {
      const off = await startBeside(here, { clock, variables: { FACTOR_RECOVERY_HOURS: '0' } });
      expect((await ask(PASSWORD, { app: off })).statusCode).toBe(202);
      expect(await isRunning()).toBe(false);
      await start();
      await pass(WAITING_MS, off);
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'configuration' } }]);
      await off.close();
    });

    it('not in production without a mail server, because nobody would be told', async () => {
      const silent = await startApp({
        variables: {
          NODE_ENV: 'production',
          COOKIE_SECURE: 'true',
          BCRYPT_ROUNDS: '10',
          PUBLIC_URL: 'https://id.example.org',
          JWT_SECRET_KEY: 'a'.repeat(8) + here.environment.JWT_SECRET_KEY,
          PASSWORD_PEPPER: here.environment.PASSWORD_PEPPER,
        },
      });
      const answer = await ask(PASSWORD, { app: silent });
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'mail_unconfigured']);
      await silent.close();
    });

    it('once, with sixteen requests at two instances at once, which send at most three more mails', async () => {
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const owners = await createPerson(here, { verified: true });
        await enrolTotp(here, owners, clock.nowMs());
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, i) =>
            ask(PASSWORD, { address: owners.user.email, app: i % 2 === 0 ? here : there }),
          ),
        );
        expect(
          answers.map(({ statusCode }) => statusCode).filter((code) => ![202, 429, 503].includes(code)),
        ).toEqual([]);
        const started = await sql(
          `SELECT id FROM audit_events WHERE user_id = $1 AND type = 'user_recovery_started'`,
          owners.user.id,
        );
        expect(started).toHaveLength(1);
        await outboxIsEmpty(here);
        const mails = await mailsTo(here, owners.user.email, 'recovery_started');
        expect(mails.length).toBeGreaterThan(1);
        expect(mails.length).toBeLessThanOrEqual(4);
      }
    });

    it('once: a second request sends the mail again and moves nothing', async () => {
      await start();
      const { recovery } = await factorsOf(owner);
      clock.advance(2 * HOUR_MS);
      const own = await logInWithPhone();
      await ask();
      await mailTo(here, email, 'recovery_started', 2);
      expect((await factorsOf(own)).recovery).toEqual(recovery);
      expect(await reasons('user_recovery_start_fail')).toEqual(['running']);
    });
  });

  const logInWithPhone = async (): Promise<Tokens> => {
    clock.advance(30_000);
    const { token: challenge } = await beginLogin(here, email, PASSWORD);
    const body = { challenge, method: 'totp', code: phone.codeAt(clock.nowMs()) };
    return (await here.call({ url: '/auth/login/factor', body })).json<Tokens>();
  };

  describe('waits', () => {
    it('with a notice each day, whichever instance sends it, and each with a link of its own', async () => {
      const first = await start();
      await pass(DAY_MS - 1);
      expect(await mailsTo(here, email, 'recovery_started')).toHaveLength(1);
      await Promise.all([pass(1), pass(0, there)]);
      const second = await mailTo(here, email, 'recovery_started', 2);
      expect(second.text).not.toContain('127.0.0.1');
      // The mailbox keeps mails for a day.
      await pass(DAY_MS, there);
      await outboxIsEmpty(here);
      const [third] = await mailsTo(here, email, 'recovery_started');
      await pass(DAY_MS - 1000);
      await outboxIsEmpty(here);
      expect((await mailsTo(here, email)).map(({ id }) => id)).toEqual([third!.id]);
      expect(new Set([first.token, second.token, third!.token]).size).toBe(3);
      expect(await send('cancel', first.token)).toEqual([204]);
      expect(await send('cancel', second.token)).toEqual(INVALID);
    });

    it('until the last mail, which brings one link to the end, however many instances there are', async () => {
      const mail = await become();
      await Promise.all([pass(0), pass(0, there)]);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_ready')).toHaveLength(1);
      expect(mail.link).toBe(`http://localhost:3000/account/recovery/finish#token=${mail.token}`);
      expect(mail.text).toContain('/account/recovery#token=');
      expect(await countFactors()).toBe(1);
      expect(await events('user_recovery_ready')).toHaveLength(1);
    });

    it('does each step once, of sixteen runs at once on two instances', async () => {
      await start();
      const runAll = (ms: number) => {
        clock.advance(ms);
        return Promise.all(Array.from({ length: 16 }, (_, i) => pass(0, i % 2 === 0 ? here : there)));
      };
      await runAll(DAY_MS - 1000);
      await runAll(1000);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_started')).toHaveLength(2);
      await runAll(2 * DAY_MS);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_ready')).toHaveLength(1);
      expect(await events('user_recovery_ready')).toHaveLength(1);
      await runAll(DAY_MS);
      expect(await events('user_recovery_expired')).toHaveLength(1);
    });

    it('sends the last mail alone after days in which no instance ran', async () => {
      await start();
      await pass(10 * DAY_MS);
      const { token } = await mailTo(here, email, 'recovery_ready');
      expect(await mailsTo(here, email, 'recovery_started')).toEqual([]);
      expect(await send('finish', token)).toEqual([204]);
    });

    it('loses no step when a process ends in the middle of one', async () => {
      await start();
      const outbox = here.app.get(MailOutbox, { strict: false });
      vi.spyOn(outbox, 'send').mockRejectedValueOnce(new Error('killed'));
      await expect(pass(WAITING_MS)).rejects.toThrow('killed');
      expect(await events('user_recovery_ready')).toEqual([]);
      await pass(0, there);
      await mailTo(here, email, 'recovery_ready');
      expect(await mailsTo(here, email, 'recovery_ready')).toHaveLength(1);
    });
  });

  describe('is canceled', () => {
    it('by any session, at the level of the password, too, and once only', async () => {
      const former = await logIn(here, email).catch(() => null);
      expect(former).toBeNull();
      await start();
      expect([await cancelIn(owner), await cancelIn(owner)]).toEqual([204, 204]);
      expect((await factorsOf(owner)).recovery).toBeNull();
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'session' } }]);
      await pass(WAITING_MS);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_ready')).toEqual([]);
    });

    it('by the link of any of its mails, at every step', async () => {
      const { token } = await start();
      const malformed = [null, 1, {}, '', 'x'.repeat(500), `${token}x`];
      for (const one of malformed.slice(1)) expect(await send('cancel', one)).toEqual(INVALID);
      expect(await send('finish', token)).toEqual(INVALID);
      await pass(WAITING_MS);
      const ready = await mailTo(here, email, 'recovery_ready');
      expect(await send('cancel', ready.token)).toEqual(INVALID);
      expect(await send('cancel', token)).toEqual([204]);
      expect(await send('finish', ready.token)).toEqual(INVALID);
      expect(await send('cancel', token)).toEqual(INVALID);
      expect(await countFactors()).toBe(1);
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'link' } }]);
    });

    it('by the second link of the last mail', async () => {
      const { text } = await become();
      const [, token] = /account\/recovery#token=([\w-]+)/.exec(text)!;
      expect(await send('cancel', token)).toEqual([204]);
      expect(await isRunning()).toBe(false);
    });

    it('by one of sixteen uses of a link at once, on two instances', async () => {
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const { token } = await start();
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, i) => send('cancel', token, i % 2 === 0 ? here : there)),
        );
        expectOneWinner(answers.map(([status]) => Number(status)));
        await pass(DAY_MS + 1000);
      }
    });

    it('by a change of the password, at once', async () => {
      await start();
      clock.advance(1000);
      const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
      await here.call({ method: 'PUT', url: '/users/me/password', token: owner.accessToken, body });
      expect((await factorsOf(owner)).recovery).toBeNull();
      await pass(0);
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'password' } }]);
      await pass(WAITING_MS);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_ready')).toEqual([]);
    });

    it('by a reset of the password, even after the last mail', async () => {
      const { token } = await become();
      await here.call({ url: '/auth/password/forgot', body: { email } });
      const { token: reset } = await mailTo(here, email, 'password_reset');
      await here.call({ url: '/auth/password/reset', body: { token: reset, newPassword: NEW_PASSWORD } });
      expect(await send('finish', token)).toEqual(INVALID);
      expect((await ask(NEW_PASSWORD)).statusCode).toBe(202);
      expect(await reasons('user_recovery_start_fail')).toEqual(['paused']);
      expect(await isRunning()).toBe(false);
      expect(await countFactors()).toBe(1);
    });

    it('by another factor or address, after which the waiting time begins anew', async () => {
      const { token } = await become();
      const own = await logInWithPhone();
      await registerPasskey(here, own);
      expect((await factorsOf(own)).recovery).toBeNull();
      await ask();
      expect(await reasons('user_recovery_start_fail')).toEqual(['paused']);
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'credentials' } }]);
      await pass(DAY_MS);
      await ask();
      await pass(WAITING_MS - 1);
      expect(await events('user_recovery_ready')).toHaveLength(1);
      expect(await send('finish', token)).toEqual(INVALID);
      await sql('UPDATE users SET email = $2 WHERE email = $1', email, newAddress());
      await pass(1);
      expect(await events('user_recovery_canceled')).toHaveLength(2);
      expect(await events('user_recovery_ready')).toHaveLength(1);
    });

    it('at once when an administrator disables the account, also after the last mail', async () => {
      const { token } = await become();
      const administration = here.app.get(AccountAdministration, { strict: false });
      await administration.disable(email, internalOrigin('operator'));
      await administration.enable(email, internalOrigin('operator'));
      expect(await send('finish', token)).toEqual(INVALID);
      await ask();
      expect(await reasons('user_recovery_start_fail')).toEqual(['paused']);
      expect(await countFactors()).toBe(1);
    });

    it('at once when the operator switches it off, also after the last mail', async () => {
      const { token } = await become();
      const off = await startBeside(here, { clock, variables: { FACTOR_RECOVERY_HOURS: '0' } });
      expect(await send('finish', token, off)).toEqual(INVALID);
      await pass(0, off);
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'configuration' } }]);
      expect(await send('finish', token)).toEqual(INVALID);
      expect(await countFactors()).toBe(1);
      await off.close();
    });

    it('when an administrator disables the account, for good', async () => {
      await start();
      const administration = here.app.get(AccountAdministration, { strict: false });
      await administration.disable(email, internalOrigin('operator'));
      await pass(0);
      await administration.enable(email, internalOrigin('operator'));
      await pass(WAITING_MS);
      expect(await events('user_recovery_canceled')).toMatchObject([{ details: { by: 'disabling' } }]);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_ready')).toEqual([]);
    });

    it('for a day, in which nobody can start another', async () => {
      await start();
      await cancelIn(owner);
      await pass(DAY_MS - 1);
      await ask();
      expect(await isRunning()).toBe(false);
      expect(await reasons('user_recovery_start_fail')).toEqual(['paused']);
      clock.advance(1);
      await ask();
      expect(await isRunning()).toBe(true);
    });

    it('with the factors themselves', async () => {
      await start();
      const app = await here.call({
        method: 'DELETE',
        url: `/users/me/factors/${phone.id}`,
        token: owner.accessToken,
      });
      expect(app.statusCode).toBe(204);
      expect((await factorsOf(owner)).recovery).toBeNull();
      await enrolTotp(here, owner, clock.nowMs() + 30_000);
      await pass(WAITING_MS);
      await outboxIsEmpty(here);
      expect(await mailsTo(here, email, 'recovery_ready')).toEqual([]);
    });
  });

  describe('ends', () => {
    it('by the link of the last mail: factors and codes go, and every session ends', async () => {
      await registerPasskey(here, owner);
      const { token } = await become();
      expect(await send('finish', token)).toEqual([204]);
      const refresh = { url: '/auth/refresh', body: { refreshToken: owner.refreshToken } };
      expect((await here.call(refresh)).json().code).toBe('session_ended');
      const renewed = await logIn(here, email);
      expect(await factorsOf(renewed)).toEqual({ items: [], recoveryCodesLeft: 0, recovery: null });
      expect(await events('user_recovery_finished')).toMatchObject([{ details: { factors: 2 } }]);
      expect(await events('session_revoked')).toMatchObject([{ reason: 'recovered' }]);
      await mailTo(here, email, 'recovery_done');
      expect(await mailsTo(here, email, 'factor_removed')).toHaveLength(2);
      expect(await send('finish', token)).toEqual(INVALID);
      expect((await enrolTotp(here, renewed, clock.nowMs())).recoveryCodes).toHaveLength(10);
    });

    it('by one of sixteen uses of the link at once, on two instances', async () => {
      const { token } = await become();
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, i) => send('finish', token, i % 2 === 0 ? here : there)),
      );
      expectOneWinner(answers.map(([status]) => Number(status)));
      expect(await events('user_recovery_finished')).toHaveLength(1);
      await mailTo(here, email, 'recovery_done');
      expect(await mailsTo(here, email, 'recovery_done')).toHaveLength(1);
    });

    it('either by the end or by a cancellation, of both at once', async () => {
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const { token: cancel } = await start();
        await pass(WAITING_MS);
        const { token: finish } = await mailTo(here, email, 'recovery_ready');
        const [one, other] = await Promise.all([send('cancel', cancel, there), send('finish', finish)]);
        expectOneWinner([Number(one[0]), Number(other[0])]);
        expect(await countFactors()).toBe(one[0] === 204 ? 1 : 0);
        if (one[0] !== 204) break;
        await pass(DAY_MS + 1000);
      }
    });

    it('without effect a day after the last mail, from when on it can be started again', async () => {
      const { token } = await become();
      await pass(DAY_MS);
      expect(await send('finish', token)).toEqual(INVALID);
      expect(await events('user_recovery_expired')).toHaveLength(1);
      expect(await countFactors()).toBe(1);
      await ask();
      expect(await isRunning()).toBe(true);
    });

    it('not for a disabled account', async () => {
      const { token } = await become();
      await sql('UPDATE users SET disabled_at = now() WHERE email = $1', email);
      expect(await send('finish', token)).toEqual(INVALID);
      expect(await countFactors()).toBe(1);
    });

    it('not by a link of before another factor was added', async () => {
      const { token } = await become();
      const own = await logInWithPhone();
      await registerPasskey(here, own);
      expect(await send('finish', token)).toEqual(INVALID);
      expect(await countFactors()).toBe(1);
    });

    it('with roles of MFA_REQUIRED_ROLES closed until a factor is enrolled again', async () => {
      await sql(`UPDATE users SET roles = '{user,admin}' WHERE email = $1`, email);
      const { token } = await become();
      await send('finish', token);
      const renewed = await logIn(here, email);
      const answer = await here.call({ url: '/alerts', token: renewed.accessToken });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'factor_enrollment_required']);
      await enrolTotp(here, renewed, clock.nowMs());
      expect((await here.call({ url: '/alerts', token: renewed.accessToken })).statusCode).toBe(200);
    });

    it('with the account: nothing of it is left', async () => {
      await start();
      const administration = here.app.get(AccountAdministration, { strict: false });
      await administration.delete(email, internalOrigin('operator'));
      expect(await sql('SELECT FROM factor_recoveries WHERE user_id = $1', owner.user.id)).toEqual([]);
      await pass(WAITING_MS);
    });
  });

  it('gives an intruder with the password and the mailbox nothing while the owner has a session', async () => {
    const { token } = await start();
    await pass(WAITING_MS - HOUR_MS);
    expect(await send('finish', token)).toEqual(INVALID);
    const own = await logInWithPhone();
    expect((await factorsOf(own)).recovery).not.toBeNull();
    expect(await cancelIn(own)).toBe(204);
    await pass(2 * HOUR_MS);
    await ask();
    await outboxIsEmpty(here);
    expect(await mailsTo(here, email, 'recovery_ready')).toEqual([]);
    expect(await countFactors()).toBe(1);
    expect(await beginLogin(here, email, PASSWORD)).toMatchObject({ methods: ['totp', 'recovery_code'] });
  });

  it('raises an alert when it starts', async () => {
    await start();
    await expect
      .poll(
        () =>
          sql(
            `SELECT severity FROM monitoring_alert WHERE rule = 'recovery_started' AND subject = $1`,
            `user:${owner.user.id}`,
          ),
        { timeout: 15_000 },
      )
      .toEqual([{ severity: 'warning' }]);
  });
});
