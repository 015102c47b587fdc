import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { SpoolWriter } from '../../src/audit/spool/spool-writer.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import {
  type Authenticator,
  beginLogin,
  type Challenge,
  codeOf,
  enrolTotp,
  openChallenge,
} from '../support/app/factors.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { cookiesOf } from '../support/app/set-cookie.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { twoInstances } from '../support/app/two-instances.js';
import { codeName } from '../support/http/code-name.js';
import { eventually } from '../support/time/eventually.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { claimsOf } from '../support/tokens/claims.js';
import { describeWithRedis } from '../support/redis/redis-server.js';

const STEP_MS = 30_000;
const MINUTE_MS = 60_000;
const BROWSER = { 'user-agent': 'Browser/1' };

describeWithRedis('second factors', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  twoInstances({ clock }, (one, other) => {
    here = one;
    there = other;
  });

  let owner: Tokens;
  let email: string;
  beforeEach(async () => {
    owner = await createPerson(here, { verified: true });
    ({ email } = owner.user);
  });

  const as = (token: string, url: string, request: Omit<TestRequest, 'url'> = {}, app = here) =>
    app.call({ url, token, ...request });
  const own = (url: string, request: Omit<TestRequest, 'url'> = {}) => as(owner.accessToken, url, request);
  const enrol = () => enrolTotp(here, owner, clock.nowMs());
  /** The code of the next step, which is not used yet. */
  const nextCode = (app: Authenticator) => {
    clock.advance(STEP_MS);
    return app.codeAt(clock.nowMs());
  };
  const second = (
    challenge: string,
    code: string,
    {
      method = 'totp',
      app = here,
      ...rest
    }: { method?: string; app?: TestApp } & Pick<Partial<TestRequest>, 'headers' | 'cookies'> = {},
  ) => app.call({ url: '/auth/login/factor', body: { challenge, method, code }, ...rest });
  const stepUp = (token: string, body: object, app = here) =>
    app.call({ url: '/auth/step-up', token, body, headers: BROWSER });
  const logInWith = async (app: Authenticator): Promise<Tokens> => {
    const { token } = await beginLogin(here, email, PASSWORD);
    const answer = await second(token, nextCode(app));
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<Tokens>();
  };
  const refresh = async (tokens: Tokens) => {
    clock.advance(11_000);
    const answer = await here.call({ url: '/auth/refresh', body: { refreshToken: tokens.refreshToken } });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<Tokens>();
  };
  const list = async () =>
    (await own('/users/me/factors')).json<{ items: object[]; recoveryCodesLeft: number }>();
  const sql = <Row extends object>(text: string, ...values: unknown[]) =>
    asSuperuser<Row & Record<string, unknown>>(here.database, text, values);
  const events = async (type: string) =>
    sql<{ details: object; reason: string | null; outcome: string }>(
      'SELECT outcome, reason, details FROM audit_events WHERE user_id = $1 AND type = $2 ORDER BY position, id',
      owner.user.id,
      type,
    );

  describe('are enrolled', () => {
    it('by a secret and a first code, with ten recovery codes for the first one', async () => {
      const begun = await own('/users/me/factors/totp', { body: { name: '  Work phone ' } });
      expect([begun.statusCode, begun.headers['cache-control']]).toEqual([201, 'no-store']);
      const { id, secret, uri, qrCode } = begun.json<Record<string, string>>();
      expect(uri).toContain(`secret=${secret}`);
      expect(qrCode).toMatch(/^<svg /);
      expect(await list()).toEqual({ items: [], recoveryCodesLeft: 0, recovery: null });

      const code = codeOf(secret!, clock.nowMs());
      const confirmed = await own(`/users/me/factors/totp/${id}/confirm`, { body: { code } });
      expect([confirmed.statusCode, confirmed.headers['cache-control']]).toEqual([200, 'no-store']);
      const { recoveryCodes } = confirmed.json<{ recoveryCodes: string[] }>();
      expect(new Set(recoveryCodes).size).toBe(10);
      for (const one of recoveryCodes) expect(one).toMatch(/^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/);
      const now = clock.now().toISOString();
      expect(await list()).toEqual({
        items: [{ id, type: 'totp', name: 'Work phone', createdAt: now, lastUsedAt: now, synced: null }],
        recoveryCodesLeft: 10,
        recovery: null,
      });
      expect((await mailTo(here, email, 'factor_added')).text).toContain('Work phone');
      expect(await events('user_factor_added')).toMatchObject([
        { outcome: 'success', details: { factorId: id, factorType: 'totp', factors: 1 } },
      ]);
      expect((await enrol()).recoveryCodes).toBeNull();
    });

    it('within ten minutes, in the session that began, once, and with a right code', async () => {
      const begin = async () =>
        (await own('/users/me/factors/totp', { body: {} })).json<{ id: string; secret: string }>();
      const confirm = (id: string, code: string, token = owner.accessToken) =>
        as(token, `/users/me/factors/totp/${id}/confirm`, { body: { code } });
      const late = await begin();
      clock.advance(10 * MINUTE_MS);
      await stepUp(owner.accessToken, { password: PASSWORD });
      expect(codeName(await confirm(late.id, codeOf(late.secret, clock.nowMs())))).toBe('not_found');

      const { id, secret } = await begin();
      const wrong = await confirm(id, codeOf(secret, clock.nowMs() + 90_000));
      expect([wrong.statusCode, codeName(wrong)]).toEqual([400, 'invalid_code']);
      const other = await here.call({
        url: '/auth/login',
        body: { email, password: PASSWORD, tokenTransport: 'body' },
      });
      const code = codeOf(secret, clock.nowMs());
      expect(codeName(await confirm(id, code, other.json<Tokens>().accessToken))).toBe('not_found');
      expect(codeName(await confirm(id, code, (await createPerson(here)).accessToken))).toBe('not_found');
      const answers = await Promise.all(Array.from({ length: 8 }, () => confirm(id, code)));
      expect(answers.map(codeName).map(String).toSorted()).toEqual([
        '200',
        ...Array<string>(7).fill('not_found'),
      ]);
      expect((await list()).recoveryCodesLeft).toBe(10);
    });

    it('without a proof later than the one with which the enrolment began', async () => {
      clock.advance(9 * MINUTE_MS);
      const { id, secret } = (await own('/users/me/factors/totp', { body: {} })).json<
        Pick<Authenticator, 'id' | 'secret'>
      >();
      clock.advance(9 * MINUTE_MS);
      const body = { code: codeOf(secret, clock.nowMs()) };
      expect(codeName(await own(`/users/me/factors/totp/${id}/confirm`, { body }))).toBe(200);
    });

    it('not in a session that began before another one added a factor, which it has not proven', async () => {
      const { id, secret } = (await own('/users/me/factors/totp', { body: {} })).json<
        Pick<Authenticator, 'id' | 'secret'>
      >();
      const login = { email, password: PASSWORD, tokenTransport: 'body' };
      const other = (await here.call({ url: '/auth/login', body: login })).json<Tokens>();
      await enrolTotp(there, other, clock.nowMs());
      const body = { code: codeOf(secret, clock.nowMs()) };
      expect(codeName(await own(`/users/me/factors/totp/${id}/confirm`, { body }))).toBe('not_found');
      expect((await list()).items).toHaveLength(1);
    });

    it('without another proof for a request that is checked while the first one raises the session', async () => {
      const { id, secret } = (await own('/users/me/factors/totp', { body: {} })).json<{
        id: string;
        secret: string;
      }>();
      const sessions = here.app.get(SessionsRepository, { strict: false });
      const find = sessions.findLive.bind(sessions);
      const reads = vi.spyOn(sessions, 'findLive').mockImplementationOnce(async (...args) => {
        const before = await find(...args);
        const body = { code: codeOf(secret, clock.nowMs()) };
        const url = `/users/me/factors/totp/${id}/confirm`;
        expect((await as(owner.accessToken, url, { body }, there)).statusCode).toBe(200);
        return before;
      });
      onTestFinished(() => reads.mockRestore());
      const answer = await own('/users/me/factors/totp', { body: {} });
      expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
    });

    it('at most five, whatever races', async () => {
      for (let n = 0; n < 4; n += 1) await enrol();
      const begun = await Promise.all(
        Array.from({ length: 4 }, () => own('/users/me/factors/totp', { body: {} })),
      );
      const answers = await Promise.all(
        begun.map((answer) => {
          const { id, secret } = answer.json<{ id: string; secret: string }>();
          const code = codeOf(secret, clock.nowMs());
          return own(`/users/me/factors/totp/${id}/confirm`, { body: { code } });
        }),
      );
      expect(answers.map(codeName).map(String).toSorted()).toEqual([
        '200',
        ...Array<string>(3).fill('too_many_factors'),
      ]);
      const sixth = await own('/users/me/factors/totp', { body: {} });
      expect([sixth.statusCode, codeName(sixth)]).toEqual([409, 'too_many_factors']);
      expect((await list()).items).toHaveLength(5);
    });

    it('peer fault 32: or removed, or given new codes, only with a recent proof at the level of the account', async () => {
      const app = await enrol();
      const other = await logInWith(app);
      clock.advance(11 * MINUTE_MS);
      const attempts: [string, Partial<TestRequest>][] = [
        ['/users/me/factors/totp', { body: {} }],
        [`/users/me/factors/${app.id}`, { method: 'DELETE' }],
        ['/users/me/recovery-codes', { method: 'POST' }],
      ];
      for (const [url, request] of attempts) {
        const refused = await as(other.accessToken, url, request);
        expect(codeName(refused)).toBe('insufficient_user_authentication');
        expect(refused.json()).toMatchObject({ methods: ['totp'] });
        expect(refused.headers['www-authenticate']).toContain('acr_values="aal2"');
      }
      expect((await list()).items).toHaveLength(1);
    });
  });

  describe('are renamed', () => {
    it('by their owner only', async () => {
      const { id } = await enrol();
      const rename = (token: string, name: unknown) =>
        as(token, `/users/me/factors/${id}`, { method: 'PUT', body: { name } });
      const renamed = await rename(owner.accessToken, 'Old phone');
      expect(renamed.json()).toMatchObject({ id, name: 'Old phone', type: 'totp', synced: null });
      expect((await list()).items).toEqual([renamed.json()]);
      expect(codeName(await rename((await createPerson(here)).accessToken, 'Mine'))).toBe('not_found');
      for (const name of ['', ' ', 'x'.repeat(65), 'a\nb', 7, null])
        expect(codeName(await rename(owner.accessToken, name))).toBe('validation_failed');
      expect(codeName(await rename(owner.accessToken, 'x'.repeat(64)))).toBe(200);
    });
  });

  describe('at a login', () => {
    it('peer fault 19, peer fault 20, peer fault 23: are asked for before there is a session, a cookie or a token', async () => {
      await enrol();
      const before = await sql('SELECT id FROM sessions WHERE user_id = $1', owner.user.id);
      const login = await here.call({ url: '/auth/login', body: { email, password: PASSWORD } });
      expect([login.statusCode, codeName(login)]).toEqual([401, 'factor_required']);
      expect(login.json()).toMatchObject({
        challenge: {
          token: expect.stringMatching(/^[\w-]{43}$/),
          methods: ['totp', 'recovery_code'],
          expiresAt: new Date(clock.nowMs() + 5 * MINUTE_MS).toISOString(),
        },
      });
      expect(cookiesOf(login)).toEqual({});
      expect(JSON.stringify(login.json())).not.toMatch(/accessToken|refreshToken/);
      expect(await sql('SELECT id FROM sessions WHERE user_id = $1', owner.user.id)).toEqual(before);
      expect(await events('authn_factor_required')).toMatchObject([
        { outcome: 'success', details: { methods: ['totp', 'recovery_code'] } },
      ]);
    });

    it('raise the session to aal2', async () => {
      const app = await enrol();
      const tokens = await logInWith(app);
      expect(claimsOf(tokens.accessToken)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
      expect(codeName(await as(tokens.accessToken, '/users/me/recovery-codes', { method: 'POST' }))).toBe(
        201,
      );
    });

    it('are answered in the transport of the first half, or in the one that the second asks for', async () => {
      const app = await enrol();
      const first = await here.call({ url: '/auth/login', body: { email, password: PASSWORD } });
      const { token } = first.json<{ challenge: { token: string } }>().challenge;
      const cookies = cookiesOf(await second(token, nextCode(app)));
      expect(Object.keys(cookies).toSorted()).toEqual(['access_token', 'device', 'refresh_token']);
      const again = await beginLogin(here, email, PASSWORD);
      const answer = await here.call({
        url: '/auth/login/factor',
        body: { challenge: again.token, method: 'totp', code: nextCode(app), tokenTransport: 'cookie' },
      });
      expect(Object.keys(cookiesOf(answer))).toHaveLength(3);
    });

    it('peer fault 29: accept no step twice, not even the step of the enrolment', async () => {
      const app = await enrol();
      const used = app.codeAt(clock.nowMs());
      const one = await beginLogin(here, email, PASSWORD);
      expect(codeName(await second(one.token, used))).toBe('invalid_code');
      const fresh = nextCode(app);
      expect(codeName(await second(one.token, fresh))).toBe(200);
      const other = await beginLogin(here, email, PASSWORD);
      for (const code of [fresh, used])
        expect(codeName(await second(other.token, code))).toBe('invalid_code');
    });

    it('peer fault 29: accept one of 16 uses of a step at once, over two instances', async () => {
      const app = await enrol();
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const challenges = [];
        for (let n = 0; n < 16; n += 1) challenges.push(await openChallenge(here, owner));
        const code = nextCode(app);
        const answers = await Promise.all(
          challenges.map(({ token }, n) => second(token, code, { app: n % 2 ? here : there })),
        );
        expectOneWinner(answers.map(codeName), ['invalid_code']);
        await sql('DELETE FROM login_failures');
      }
    });

    it('peer fault 24: let one challenge make one session, of 16 at once over two instances', async () => {
      const app = await enrol();
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const { token } = await openChallenge(here, owner);
        const code = nextCode(app);
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, n) => second(token, code, { app: n % 2 ? here : there })),
        );
        expectOneWinner(answers.map(codeName), ['invalid_code', 'invalid_challenge']);
        expect(codeName(await second(token, nextCode(app)))).toBe('invalid_challenge');
        await sql('DELETE FROM login_failures');
      }
    });

    it('peer fault 24: end after five minutes', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      clock.advance(5 * MINUTE_MS);
      expect(codeName(await second(token, app.codeAt(clock.nowMs())))).toBe('invalid_challenge');
    });

    it('allow five attempts for a challenge, and peer fault 27: count over all challenges', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      const atOnce = await Promise.all(
        Array.from({ length: 12 }, (_, n) => second(token, 'wrong', { app: n % 2 ? here : there })),
      );
      const counts = new Set(atOnce.map(codeName));
      expect(atOnce.filter((answer) => codeName(answer) === 'invalid_code').length).toBeLessThanOrEqual(5);
      expect(
        [...counts].every((code) =>
          ['invalid_code', 'invalid_challenge', 'rate_limited'].includes(code as string),
        ),
      ).toBe(true);
      expect(codeName(await second(token, nextCode(app)))).not.toBe(200);
      expect(await failuresOf(email)).toBeGreaterThan(0);
    });

    it('belong to the user agent that sent the password', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD, { headers: BROWSER });
      const code = nextCode(app);
      const stolen = await second(token, code, { headers: { 'user-agent': 'Browser/2' } });
      expect([stolen.statusCode, codeName(stolen)]).toEqual([400, 'invalid_challenge']);
      expect(codeName(await second(token, code, { headers: BROWSER }))).toBe(200);
    });

    it('peer fault 9, peer fault 8: are proven with no other secret in place of the challenge', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      for (const other of ['', 'x'.repeat(43), owner.refreshToken, owner.accessToken, `${token}x`, 7, {}])
        expect(codeName(await second(other as string, nextCode(app)))).toBe('invalid_challenge');
      const verify = await own('/auth/email/verify', { body: { token } });
      expect(codeName(verify)).toBe('invalid_link');
    });

    it('peer fault 22: are not skipped by an empty or partial request', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      const whole = { challenge: token, method: 'totp', code: nextCode(app) };
      for (const body of [
        {},
        { challenge: token },
        { challenge: token, method: 'totp' },
        { ...whole, code: null },
        { ...whole, method: 'password' },
        { ...whole, method: ['totp'] },
        { ...whole, verified: true },
      ]) {
        const answer = await here.call({ url: '/auth/login/factor', body });
        expect([answer.statusCode, codeName(answer)]).toEqual([400, 'validation_failed']);
      }
      for (const code of ['', [], true, {}])
        expect(codeName(await second(token, code as string))).toBe('invalid_code');
    });

    it('peer fault 21, peer fault 25: give a disabled account nothing at the second half', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      await sql('UPDATE users SET disabled_at = now() WHERE email = $1', email);
      expect(codeName(await second(token, nextCode(app)))).toBe('invalid_challenge');
      expect(await sql('SELECT id FROM sessions WHERE user_id = $1', owner.user.id)).toHaveLength(1);
    });

    it('peer fault 21: wait with a locked account at the second half, except on a known device', async () => {
      const app = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      const code = nextCode(app);
      for (let n = 0; n < 10; n += 1)
        await here.call({ url: '/auth/login', body: { email, password: 'not the password at all' } });
      const locked = await second(token, code);
      expect([locked.statusCode, locked.json()['violated-policies']]).toEqual([429, ['account-guessing']]);
      const answer = await here.call({
        url: '/auth/login/factor',
        body: { challenge: token, method: 'totp', code, deviceToken: owner.deviceToken },
      });
      expect(codeName(answer)).toBe(200);
    });

    it('peer fault 26: are counted with wrong passwords, which a right password neither raises nor resets', async () => {
      const app = await enrol();
      const wrongPassword = () =>
        here.call({ url: '/auth/login', body: { email, password: 'not the password at all' } });
      await wrongPassword();
      const { token } = await beginLogin(here, email, PASSWORD);
      expect(await failuresOf(email)).toBe(1);
      for (let n = 0; n < 3; n += 1) await second(token, '000 000');
      expect(await failuresOf(email)).toBe(4);
      const code = nextCode(app);
      for (let n = 0; n < 6; n += 1) await wrongPassword();
      expect(await failuresOf(email)).toBe(10);
      const locked = await second(token, code);
      expect(codeName(locked)).toBe('rate_limited');
      clock.advance(31_000);
      await sql(
        "UPDATE login_failures SET blocked_until = now() - interval '1 s' WHERE blocked_until IS NOT NULL",
      );
      expect(codeName(await second(token, nextCode(app)))).toBe(200);
      expect(await failuresOf(email)).toBe(0);
      expect(await events('authn_factor_fail')).toMatchObject(
        Array.from({ length: 3 }, () => ({
          outcome: 'failure',
          reason: 'invalid_code',
          details: { method: 'totp' },
        })),
      );
    });

    it.each(['a new password', 'another factor', 'a removed factor'])('end with %s', async (change) => {
      const app = await enrol();
      const spare = await enrol();
      const { token } = await beginLogin(here, email, PASSWORD);
      if (change === 'a new password')
        await own('/users/me/password', {
          method: 'PUT',
          body: { currentPassword: PASSWORD, newPassword: 'seven quiet herons cross the weir' },
        });
      else if (change === 'another factor') await enrol();
      else await own(`/users/me/factors/${spare.id}`, { method: 'DELETE' });
      for (const code of ['000000', nextCode(app)])
        expect(codeName(await second(token, code))).toBe('invalid_challenge');
    });

    it('peer fault 28: leave no trace of the session that the browser had before', async () => {
      const app = await enrol();
      const stranger = await createPerson(here);
      const { token } = await beginLogin(here, email, PASSWORD);
      const answer = await second(token, nextCode(app), {
        cookies: { access_token: stranger.accessToken, refresh_token: stranger.refreshToken },
        headers: { origin: here.environment.PUBLIC_URL },
      });
      const { session, user } = answer.json<Tokens>();
      expect(user.email).toBe(email);
      expect([owner.session.id, stranger.session.id]).not.toContain(session.id);
    });
  });

  describe('recovery codes', () => {
    const recover = (challenge: string, code: string, app = here) =>
      second(challenge, code, { method: 'recovery_code', app });

    it('sign in once each, in any spelling, and the owner is told', async () => {
      const { recoveryCodes } = await enrol();
      const [first, other] = recoveryCodes!;
      const one = await beginLogin(here, email, PASSWORD);
      const answer = await recover(one.token, ` ${first!.toLowerCase().replaceAll('-', ' ')}`);
      expect(answer.statusCode, answer.body).toBe(200);
      expect(claimsOf(answer.json<Tokens>().accessToken)).toMatchObject({ acr: 'aal2' });
      expect((await list()).recoveryCodesLeft).toBe(9);
      expect((await mailTo(here, email, 'recovery_code_used')).text).toMatch(/Codes left: +9/);
      expect(await events('authn_recovery_code_used')).toMatchObject([{ details: { left: 9 } }]);
      const two = await beginLogin(here, email, PASSWORD);
      expect(codeName(await recover(two.token, first!))).toBe('invalid_code');
      expect(codeName(await recover(two.token, other!))).toBe(200);
    });

    it('are used up once by 16 at once, over two instances', async () => {
      const { recoveryCodes } = await enrol();
      for (const code of recoveryCodes!.slice(0, RACE_ROUNDS)) {
        const challenges = [];
        for (let n = 0; n < 16; n += 1) challenges.push(await openChallenge(here, owner));
        const answers = await Promise.all(
          challenges.map(({ token }, n) => recover(token, code, n % 2 ? here : there)),
        );
        expectOneWinner(answers.map(codeName), ['invalid_code']);
        await sql('DELETE FROM login_failures');
      }
    });

    it('peer fault 36: are offered after the usual factor, and not at all once none is left', async () => {
      await enrol();
      expect((await beginLogin(here, email, PASSWORD)).methods).toEqual(['totp', 'recovery_code']);
      await sql('UPDATE recovery_codes SET used_at = now() WHERE user_id = $1', owner.user.id);
      expect((await beginLogin(here, email, PASSWORD)).methods).toEqual(['totp']);
    });

    it('are replaced as a set, belong to one account, and are no step-up', async () => {
      const { recoveryCodes: former } = await enrol();
      const renewed = await own('/users/me/recovery-codes', { method: 'POST' });
      expect([renewed.statusCode, renewed.headers['cache-control']]).toEqual([201, 'no-store']);
      const [fresh] = renewed.json<{ recoveryCodes: string[] }>().recoveryCodes;
      await mailTo(here, email, 'recovery_codes_renewed');
      const { token } = await beginLogin(here, email, PASSWORD);
      expect(codeName(await recover(token, former![0]!))).toBe('invalid_code');
      const stranger = await createPerson(here);
      await enrolTotp(here, stranger, clock.nowMs());
      const theirs = await beginLogin(here, stranger.user.email, PASSWORD);
      expect(codeName(await recover(theirs.token, fresh!))).toBe('invalid_code');
      expect(codeName(await stepUp(owner.accessToken, { method: 'recovery_code', code: fresh }))).toBe(
        'validation_failed',
      );
      expect(codeName(await recover(token, fresh!))).toBe(200);
    });

    it('are not given to an account without a factor', async () => {
      expect(codeName(await own('/users/me/recovery-codes', { method: 'POST' }))).toBe('not_found');
    });
  });

  describe('the level of sessions', () => {
    it('rises in the session that confirms a factor, and in no other', async () => {
      const other = (
        await here.call({ url: '/auth/login', body: { email, password: PASSWORD, tokenTransport: 'body' } })
      ).json<Tokens>();
      const app = await enrol();
      expect(claimsOf((await refresh(owner)).accessToken)).toMatchObject({
        acr: 'aal2',
        amr: ['pwd', 'otp', 'mfa'],
      });
      expect(claimsOf((await refresh(other)).accessToken)).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
      expect(codeName(await as(other.accessToken, '/users/me/recovery-codes', { method: 'POST' }))).toBe(
        'insufficient_user_authentication',
      );
      const raised = await stepUp(other.accessToken, { method: 'totp', code: nextCode(app) });
      expect(claimsOf(raised.json<Tokens>().accessToken)).toMatchObject({ acr: 'aal2' });
      expect(codeName(await as(other.accessToken, '/users/me/recovery-codes', { method: 'POST' }))).toBe(201);
    });

    it('peer fault 37: rises by a step-up in the same session, with a code that is used up', async () => {
      const app = await enrol();
      clock.advance(11 * MINUTE_MS);
      const code = nextCode(app);
      for (const body of [{ password: PASSWORD }, { password: 'wrong password' }])
        expect(codeName(await stepUp(owner.accessToken, body))).toBe('insufficient_user_authentication');
      const wrong = await stepUp(owner.accessToken, { method: 'totp', code: '000000' });
      expect([wrong.statusCode, codeName(wrong)]).toEqual([400, 'invalid_code']);
      const raised = await stepUp(owner.accessToken, { method: 'totp', code });
      expect(raised.statusCode, raised.body).toBe(200);
      expect(raised.json<Tokens>().session).toEqual(owner.session);
      expect(claimsOf(raised.json<Tokens>().accessToken).auth_time).toBe(Math.floor(clock.nowMs() / 1000));
      expect(await sql('SELECT id FROM sessions WHERE user_id = $1', owner.user.id)).toHaveLength(1);
      expect(codeName(await stepUp(owner.accessToken, { method: 'totp', code }))).toBe('invalid_code');
      for (const body of [
        { method: 'totp' },
        { code },
        { password: PASSWORD, method: 'totp', code },
        { password: PASSWORD, code },
      ])
        expect(codeName(await stepUp(owner.accessToken, body))).toBe('validation_failed');
    });

    it('is reached with the same code after a step-up that had to wait for another user agent', async () => {
      const app = await enrol();
      const code = nextCode(app);
      const headers = { 'user-agent': 'Browser/2' };
      const { refreshToken } = owner;
      await here.call({ url: '/auth/refresh', body: { refreshToken }, headers });
      const body = { method: 'totp', code };
      expect(codeName(await stepUp(owner.accessToken, body))).toBe('rate_limited');
      clock.advance(11_000);
      expect(codeName(await stepUp(owner.accessToken, body))).toBe(200);
    });

    it('is reached by a step-up while strangers lock the account', async () => {
      const app = await enrol();
      await sql('DELETE FROM known_devices WHERE user_id = $1', owner.user.id);
      for (let n = 0; n < 10; n += 1)
        await here.call({ url: '/auth/login', body: { email, password: 'not the password at all' } });
      expect(codeName(await stepUp(owner.accessToken, { method: 'totp', code: nextCode(app) }))).toBe(200);
    });

    it('peer fault 34: falls in every session at once when the factor is removed, with the recovery codes', async () => {
      const app = await enrol();
      const other = await logInWith(app);
      const removed = await own(`/users/me/factors/${app.id}`, { method: 'DELETE' });
      expect(removed.statusCode, removed.body).toBe(204);
      expect(await sql('SELECT acr, amr, factors FROM sessions WHERE user_id = $1', owner.user.id)).toEqual(
        Array.from({ length: 2 }, () => ({ acr: 'aal1', amr: ['pwd'], factors: [] })),
      );
      for (const tokens of [owner, other])
        expect(claimsOf((await refresh(tokens)).accessToken)).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
      expect(await list()).toEqual({ items: [], recoveryCodesLeft: 0, recovery: null });
      expect((await mailTo(here, email, 'factor_removed')).text).toContain('Phone');
      expect(await events('user_factor_removed')).toMatchObject([
        { details: { factorId: app.id, factors: 0, roles: ['user'] } },
      ]);
      const login = { url: '/auth/login', body: { email, password: PASSWORD } };
      expect(codeName(await here.call(login))).toBe(200);
      expect(codeName(await own(`/users/me/factors/${app.id}`, { method: 'DELETE' }))).toBe('not_found');
    });

    it('peer fault 34: stays in sessions that another factor has proven', async () => {
      const one = await enrol();
      const bySpare = await (async () => {
        const spare = await enrol();
        return { spare, tokens: await logInWith(spare) };
      })();
      const byOne = await logInWith(one);
      await as(byOne.accessToken, `/users/me/factors/${one.id}`, { method: 'DELETE' });
      expect(claimsOf((await refresh(byOne)).accessToken)).toMatchObject({ acr: 'aal1' });
      expect(claimsOf((await refresh(bySpare.tokens)).accessToken)).toMatchObject({ acr: 'aal2' });
      expect(claimsOf((await refresh(owner)).accessToken)).toMatchObject({ acr: 'aal2' });
      expect((await list()).recoveryCodesLeft).toBe(10);
    });

    it("35: is nobody else's business: a foreign factor is 404, and a deleted account leaves none", async () => {
      const app = await enrol();
      const stranger = await createPerson(here);
      const answer = await as(stranger.accessToken, `/users/me/factors/${app.id}`, { method: 'DELETE' });
      expect(codeName(answer)).toBe('not_found');
      await sql('DELETE FROM users WHERE id = $1', owner.user.id);
      expect(await sql('SELECT id FROM totp_factors WHERE user_id = $1', owner.user.id)).toEqual([]);
      expect(await sql('SELECT 1 FROM recovery_codes WHERE user_id = $1', owner.user.id)).toEqual([]);
    });
  });

  it('are removed by an undo of a change of address, with recovery codes, if added since it was asked for', async () => {
    const before = await enrol();
    clock.advance(2 * MINUTE_MS);
    const target = `new-${email}`;
    expect((await own('/users/me/email', { body: { email: target } })).statusCode).toBe(202);
    const { token } = await mailTo(here, target, 'address_change');
    expect((await own('/auth/email/verify', { body: { token } })).statusCode).toBeLessThan(300);
    clock.advance(1000);
    await enrol();
    expect((await own('/users/me/recovery-codes', { method: 'POST' })).statusCode).toBe(201);
    expect(await list()).toMatchObject({ items: [{}, {}], recoveryCodesLeft: 10 });
    const undo = await mailTo(here, email, 'address_changed');
    const answer = await here.call({ url: '/auth/email/undo', body: { token: undo.token } });
    expect(answer.statusCode, answer.body).toBe(204);
    const left = await sql('SELECT id FROM totp_factors WHERE user_id = $1', owner.user.id);
    expect(left).toEqual([{ id: before.id }]);
    expect(await sql('SELECT 1 FROM recovery_codes WHERE user_id = $1', owner.user.id)).toEqual([]);
    expect(await events('user_email_change_undone')).toMatchObject([{ details: { recoveryCodes: 10 } }]);
  });

  it('tell no name that a stranger chose to an address that nobody has verified', async () => {
    const stranger = await createPerson(here);
    await enrolTotp(here, stranger, clock.nowMs());
    expect((await mailTo(here, stranger.user.email, 'factor_added')).text).not.toContain('Phone');
  });

  it('leave no secret, code or challenge in clear in the database', async () => {
    const app = await enrol();
    const { token } = await beginLogin(here, email, PASSWORD);
    const code = nextCode(app);
    await second(token, code);
    const waiting = await beginLogin(here, email, PASSWORD);
    await outboxIsEmpty(here);
    const dump = await dumpOf(here);
    expect(dump).toContain(email);
    const bytes = [app.secret, ...app.recoveryCodes!.map((one) => one.replaceAll('-', ''))];
    const forms = [...bytes, ...app.recoveryCodes!, token, waiting.token];
    for (const form of forms) {
      expect(dump).not.toContain(form);
      expect(dump).not.toContain(Buffer.from(form).toString('hex'));
    }
    for (const form of bytes) expect(dump).not.toContain(base32Hex(form));
    expect((await mailsTo(here, email)).length).toBeGreaterThan(0);
  });

  async function failuresOf(address: string): Promise<number> {
    const [row] = await sql<{ failures: number }>(
      `SELECT coalesce(max(f.failures), 0)::int AS failures FROM login_failures AS f
       WHERE f.account_digest IN (SELECT details->>'account' FROM audit_events
         WHERE user_id = (SELECT id FROM users WHERE email = $1) AND details ? 'account')`,
      address,
    );
    return row!.failures;
  }
});

/** Every row of every table, as text. */
async function dumpOf({ database }: TestApp): Promise<string> {
  const tables = await asSuperuser<{ name: string }>(
    database,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => asSuperuser(database, `SELECT t::text AS row FROM "${name}" AS t`)),
  );
  return JSON.stringify(rows);
}

function base32Hex(text: string): string {
  const bits = Array.from(text, (one) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'),
  );
  const bytes = bits
    .join('')
    .match(/.{8}/g)!
    .map((byte) => Number.parseInt(byte, 2));
  return Buffer.from(bytes).toString('hex');
}

/**
 * One request succeeded. The others were refused, or were too many at once for the count of guesses, or did not get the
 * row in time on a busy machine.
 */
function expectOneWinner(outcomes: readonly (number | string)[], refusals: readonly string[]): void {
  expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(1);
  const allowed = [200, 'dependency_unavailable', 'rate_limited', ...refusals];
  expect(outcomes.filter((outcome) => !allowed.includes(outcome))).toEqual([]);
}

describe('the policy factor', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock, variables: { RATE_LIMIT_FACTOR: '5/300' } });
  });
  afterAll(() => app.close());

  it('peer fault 27: counts wrong codes per account over all challenges, exactly, and right ones not at all', async () => {
    const owner = await createPerson(app);
    const { email } = owner.user;
    const authenticator = await enrolTotp(app, owner, clock.nowMs());
    const begin = () => beginLogin(app, email, PASSWORD);
    const finish = ({ token }: Challenge, code: string, deviceToken?: string) => {
      const body = { challenge: token, method: 'totp', code, tokenTransport: 'body', deviceToken };
      return app.call({ url: '/auth/login/factor', body });
    };
    const attempt = async (code: string, deviceToken?: string) => finish(await begin(), code, deviceToken);
    for (let n = 0; n < 6; n += 1) {
      clock.advance(STEP_MS);
      expect((await attempt(authenticator.codeAt(clock.nowMs()))).statusCode).toBe(200);
    }
    const challenges = [];
    for (let n = 0; n < 16; n += 1) challenges.push(await openChallenge(app, owner));
    const wrong = await Promise.all(challenges.map((challenge) => finish(challenge, '000000')));
    expect(wrong.filter(({ statusCode }) => statusCode === 400)).toHaveLength(5);
    const refused = wrong.filter(({ statusCode }) => statusCode === 429);
    expect(refused).toHaveLength(11);
    expect(refused[0]!.json()['violated-policies']).toEqual(['factor']);
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThan(200);
    clock.advance(STEP_MS);
    const code = authenticator.codeAt(clock.nowMs());
    expect((await attempt(code)).statusCode).toBe(429);
    // A phisher's codes do not hold up the owner, who has signed in on this device before.
    expect((await attempt(code, owner.deviceToken)).statusCode).toBe(200);
  });

  it('records refusals of the account with the route that was called', async () => {
    const owner = await createPerson(app);
    await enrolTotp(app, owner, clock.nowMs());
    for (let n = 0; n < 27; n += 1) {
      const { token } = await openChallenge(app, owner);
      const body = { challenge: token, method: 'totp', code: '000000' };
      await app.call({ url: '/auth/login/factor', body });
    }
    app.app.get(SpoolWriter, { strict: false }).flush();
    await eventually(async () => {
      const grouped = await asSuperuser(
        app.database,
        `SELECT details->'policies' AS policies, details->'routes' AS routes FROM audit_events
         WHERE type = 'excess_rate_limit_exceeded' AND details ? 'routes' AND user_id = $1`,
        [owner.user.id],
      );
      expect(grouped).toEqual([{ policies: ['factor'], routes: ['POST /auth/login/factor'] }]);
    });
  });

  it('names itself in GET /rate-limits', async () => {
    const { items } = (await app.call({ url: '/rate-limits' })).json<{ items: { name: string }[] }>();
    expect(items).toContainEqual(
      expect.objectContaining({ name: 'factor', limit: 5, windowSeconds: 300, exact: true }),
    );
  });
});

describe('REQUIRE_VERIFIED_EMAIL and a second factor', () => {
  it('are asked for in this order', async () => {
    const clock = new ManualClock(Date.now());
    const open = await startApp({ clock });
    const owner = await createPerson(open);
    await enrolTotp(open, owner, clock.nowMs());
    const strict = await startBeside(open, { clock, variables: { REQUIRE_VERIFIED_EMAIL: 'true' } });
    const login = () =>
      strict.call({ url: '/auth/login', body: { email: owner.user.email, password: PASSWORD } });
    expect(codeName(await login())).toBe('email_unverified');
    await asSuperuser(open.database, 'UPDATE users SET email_verified = true');
    expect(codeName(await login())).toBe('factor_required');
    await strict.close();
    await open.close();
  });
});
