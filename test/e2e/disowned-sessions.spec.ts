import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { logIn, newAddress, PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { createKey } from '../support/app/api-keys.js';
import { beginLogin, enrolTotp } from '../support/app/factors.js';
import { mailsTo, mailTo } from '../support/app/mails.js';
import { beginAuthentication, registerPasskey, type SoftwareAuthenticator } from '../support/app/passkeys.js';
import { expectOneWinner } from '../support/races/one-winner.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { LaggingClock } from '../support/time/lagging-clock.js';
import { ManualClock } from '../support/time/manual-clock.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

describe('the notice of a new device', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let other: TestApp;
  let behind: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
    other = await startBeside(app, { clock });
    behind = await startBeside(app, { clock: new LaggingClock(clock, 500) });
  });
  afterAll(async () => {
    await behind.close();
    await other.close();
    await app.close();
  });

  const disown = (token: unknown, { call } = app) => call({ url: '/auth/sessions/disown', body: { token } });
  const login = async (email: string, password: string, deviceToken?: string) =>
    (await app.call({ url: '/auth/login', body: { email, password, deviceToken } })).statusCode;
  const profile = async ({ accessToken: token }: Tokens) =>
    (await app.call({ url: '/users/me', token })).statusCode;
  const codeOf = (answer: Awaited<ReturnType<typeof disown>>) => [answer.statusCode, answer.json().code];
  const signInBy = async (authenticator: SoftwareAuthenticator, at = app) => {
    const begun = await beginAuthentication(at);
    const response = authenticator.get(begun);
    const body = { challenge: begun.challenge, response, tokenTransport: 'body' };
    return at.call({ url: '/auth/passkey', body });
  };
  const use = async ({ key }: { readonly key: string }) =>
    (await app.call({ url: '/audit/seals', token: key })).statusCode;
  const reset = async (email: string, nth = 1) => {
    const { token } = await mailTo(app, email, 'password_reset', nth);
    const answer = await app.call({
      url: '/auth/password/reset',
      body: { token, newPassword: NEW_PASSWORD },
    });
    expect(answer.statusCode).toBe(204);
  };
  /** Changes the address of an account and proves the new one, in a session of the account. */
  const change = async (email: string, { accessToken: token }: Tokens, nth = 1) => {
    expect((await app.call({ url: '/users/me/email', body: { email }, token })).statusCode).toBe(202);
    const { code } = await mailTo(app, email, 'address_change', nth);
    const verified = await app.call({ url: '/auth/email/verify', body: { code }, token });
    expect(verified.statusCode).toBe(204);
  };
  const INVALID = [400, 'invalid_link'];

  /** An account with the session of its owner and one of somebody else's device, and the link to end that. */
  async function intruded() {
    const own = await createPerson(app, { verified: true });
    const { email } = own.user;
    const foreign = await logIn(app, email);
    const mail = await mailTo(app, email, 'new_device');
    return { email, own, foreign, mail, token: mail.token! };
  }

  /** An account to which somebody else, with its password and a device of their own, has added a passkey and an API key. */
  async function settledIn() {
    const own = await createPerson(app, { roles: ['auditor'], verified: true });
    const { email } = own.user;
    clock.advance(MINUTE_MS);
    const foreign = await logIn(app, email);
    const { token } = await mailTo(app, email, 'new_device');
    clock.advance(MINUTE_MS);
    const { authenticator } = await registerPasskey(app, foreign);
    const key = await createKey(app, foreign);
    clock.advance(MINUTE_MS);
    return { email, foreign, token, authenticator, key };
  }

  /** Nothing that was added gives access any more, and nothing keeps the owner out. */
  async function expectShutOut(
    email: string,
    authenticator: SoftwareAuthenticator,
    key: { readonly key: string },
  ) {
    const refused = await signInBy(authenticator);
    expect([refused.statusCode, refused.json().code]).toEqual([400, 'invalid_passkey']);
    expect(await use(key)).toBe(401);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
  }

  /** An account with a second factor, of which somebody else got one code, and the session of that person. */
  async function phished() {
    const own = await createPerson(app, { verified: true });
    const { email } = own.user;
    const phone = await enrolTotp(app, own, clock.nowMs());
    clock.advance(MINUTE_MS);
    const { token: challenge } = await beginLogin(app, email, PASSWORD);
    const body = { challenge, method: 'totp', code: phone.codeAt(clock.nowMs()) };
    const foreign = (await app.call({ url: '/auth/login/factor', body })).json<Tokens>();
    return { email, own, foreign, phone };
  }

  it('is sent at each login from a new device, but not at the first of an account or from a known device', async () => {
    const email = await createAccount(app);
    const first = await logIn(app, email);
    expect(await login(email, PASSWORD, first.deviceToken)).toBe(200);
    for (let device = 1; device <= 5; device += 1) {
      expect(await login(email, PASSWORD)).toBe(200);
      await mailTo(app, email, 'new_device', device);
    }
    expect(await mailsTo(app, email, 'new_device')).toHaveLength(5);
  });

  it('says when and with what, in the language of the account, and leads to the page of the configuration', async () => {
    const email = newAddress();
    await app.call({ url: '/auth/register', body: { email, password: PASSWORD, locale: 'de' } });
    await logIn(app, email);
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    };
    await app.call({ url: '/auth/login', body: { email, password: PASSWORD }, headers });
    const mail = await mailTo(app, email, 'new_device');
    expect(mail.subject).toBe('Anmeldung in Ihrem Konto bei Portcullis mit einem neuen Gerät');
    expect(mail.text).toContain('Firefox on Linux');
    expect(mail.text).toContain('127.0.0.1');
    expect(mail.link).toBe(`http://localhost:3000/account/device#token=${mail.token}`);
  });

  it('has a link that ends the session, forgets the device and leaves the password useless until a reset', async () => {
    const { email, own, foreign, token } = await intruded();
    const done = await disown(token);
    expect([done.statusCode, done.body]).toEqual([204, '']);
    expect([await profile(foreign), await profile(own)]).toEqual([401, 200]);
    expect(await login(email, PASSWORD)).toBe(401);
    expect(await login(email, PASSWORD, foreign.deviceToken)).toBe(401);
    const { token: resetToken } = await mailTo(app, email, 'password_reset');
    const reset = { token: resetToken, newPassword: NEW_PASSWORD };
    expect((await app.call({ url: '/auth/password/reset', body: reset })).statusCode).toBe(204);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
    await mailTo(app, email, 'password_reset');
    expect(await mailsTo(app, email, 'password_reset')).toHaveLength(1);
  });

  it('leaves no copy of the password for an instance of the previous version', async () => {
    const { email, token } = await intruded();
    await disown(token);
    const stored = await asSuperuser(app.database, 'SELECT password_hash FROM users WHERE email = $1', [
      email,
    ]);
    expect(stored).toEqual([{ password_hash: null }]);
  });

  it('has a link that ends the later sessions on the device, too, about which there was no notice', async () => {
    const { email, own, foreign, token } = await intruded();
    const later = await app.call({
      url: '/auth/login',
      body: { email, password: PASSWORD, tokenTransport: 'body', deviceToken: foreign.deviceToken },
    });
    expect((await disown(token)).statusCode).toBe(204);
    expect([await profile(later.json<Tokens>()), await profile(foreign), await profile(own)]).toEqual([
      401, 401, 200,
    ]);
  });

  it('has a link that leaves no way in: neither a passkey nor an API key added since', async () => {
    const own = await createPerson(app, { roles: ['auditor'], verified: true });
    const { email } = own.user;
    const ownKey = await createKey(app, own);
    clock.advance(MINUTE_MS);
    const foreign = await logIn(app, email);
    const { token } = await mailTo(app, email, 'new_device');
    clock.advance(MINUTE_MS);
    const { authenticator } = await registerPasskey(app, foreign);
    const foreignKey = await createKey(app, foreign);
    const byPasskey = await signInBy(authenticator);
    expect([byPasskey.statusCode, await use(foreignKey)]).toEqual([200, 200]);

    expect((await disown(token)).statusCode).toBe(204);
    expect([await profile(foreign), await profile(byPasskey.json<Tokens>()), await profile(own)]).toEqual([
      401, 401, 200,
    ]);
    const refused = await signInBy(authenticator);
    expect([refused.statusCode, refused.json().code]).toEqual([400, 'invalid_passkey']);
    expect([await use(foreignKey), await use(ownKey)]).toEqual([401, 200]);
    await mailTo(app, email, 'factor_removed');
    await reset(email);
    expect((await signInBy(authenticator)).statusCode).toBe(400);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
    expect(await use(ownKey)).toBe(200);
  });

  it('has a link that leaves nothing of whoever opened the account with an address they never proved', async () => {
    const squatter = await createPerson(app, { roles: ['auditor'] });
    const { email } = squatter.user;
    const { authenticator } = await registerPasskey(app, squatter);
    const key = await createKey(app, squatter);
    clock.advance(MINUTE_MS);
    expect((await signInBy(authenticator)).statusCode).toBe(200);

    expect((await disown((await mailTo(app, email, 'new_device')).token)).statusCode).toBe(204);
    expect([await profile(squatter), (await signInBy(authenticator)).statusCode, await use(key)]).toEqual([
      401, 400, 401,
    ]);
    await reset(email);
    await expectShutOut(email, authenticator, key);
  });

  it('has a link that keeps the factor that was there before the intruder came by it', async () => {
    const { email, own, foreign, phone } = await phished();
    clock.advance(MINUTE_MS);
    const { authenticator } = await registerPasskey(app, foreign);

    expect((await disown((await mailTo(app, email, 'new_device')).token)).statusCode).toBe(204);
    expect((await signInBy(authenticator)).statusCode).toBe(400);
    const factors = await app.call({ url: '/users/me/factors', token: own.accessToken });
    expect(factors.json().items.map(({ id }: { id: string }) => id)).toEqual([phone.id]);
    await reset(email);
    const { methods } = await beginLogin(app, email, NEW_PASSWORD);
    expect(methods).toEqual(['totp', 'recovery_code']);
  });

  it.each(['of the same instance', 'of one whose clock is behind'])(
    'has a link that voids the recovery codes created since, with the clock %s',
    async (which) => {
      const { email, own, foreign, phone } = await phished();
      const { call } = which === 'of the same instance' ? app : behind;
      const renewed = await call({
        method: 'POST',
        url: '/users/me/recovery-codes',
        token: foreign.accessToken,
      });
      const [code] = renewed.json<{ recoveryCodes: string[] }>().recoveryCodes;

      expect((await disown((await mailTo(app, email, 'new_device')).token)).statusCode).toBe(204);
      const factors = await app.call({ url: '/users/me/factors', token: own.accessToken });
      expect(factors.json()).toMatchObject({ items: [{ id: phone.id }], recoveryCodesLeft: 0 });
      expect(await countsOf(foreign)).toEqual([{ count: '10' }]);
      await reset(email);
      const { token: challenge, methods } = await beginLogin(app, email, NEW_PASSWORD);
      expect(methods).toEqual(['totp']);
      const body = { challenge, method: 'recovery_code', code };
      expect((await app.call({ url: '/auth/login/factor', body })).statusCode).toBe(400);
    },
  );

  it('has a link that ends a recovery of the factors, and a change of the address, that the intruder asked for', async () => {
    const { email, own, foreign } = await phished();
    const target = newAddress();
    await app.call({ url: '/users/me/email', body: { email: target }, token: foreign.accessToken });
    const { token: change } = await mailTo(app, target, 'address_change');
    await app.call({ url: '/auth/recovery', body: { email, password: PASSWORD } });
    await mailTo(app, email, 'recovery_started');

    expect((await disown((await mailTo(app, email, 'new_device')).token)).statusCode).toBe(204);
    const verified = await app.call({
      url: '/auth/email/verify',
      body: { token: change },
      token: own.accessToken,
    });
    expect(codeOf(verified)).toEqual(INVALID);
    const factors = await app.call({ url: '/users/me/factors', token: own.accessToken });
    expect(factors.json()).toMatchObject({ recovery: null });
  });

  /** How many recovery codes the trail says were voided with a session. */
  const countsOf = (of: Tokens) =>
    asSuperuser(
      app.database,
      `SELECT details ->> 'recoveryCodes' AS count FROM audit_events
       WHERE session_id = $1 AND type = 'session_disowned'`,
      [of.session.id],
    );

  it('has a link whose use is recorded under the session that it ends', async () => {
    const { foreign, token } = await intruded();
    await disown(token);
    expect(await countsOf(foreign)).toEqual([{ count: '0' }]);
    const events = await asSuperuser(
      app.database,
      `SELECT type, outcome, reason FROM audit_events WHERE session_id = $1 AND type <> 'session_use_after_expire'
       ORDER BY position, id OFFSET 2`,
      [foreign.session.id],
    );
    expect(events).toEqual([
      { type: 'session_ended', outcome: 'success', reason: 'disowned' },
      { type: 'session_disowned', outcome: 'success', reason: null },
    ]);
  });

  it('has a link that still takes the password away where the session is over', async () => {
    const { email, foreign, token } = await intruded();
    await app.call({ method: 'POST', url: '/auth/logout', token: foreign.accessToken });
    expect((await disown(token)).statusCode).toBe(204);
    expect(await login(email, PASSWORD)).toBe(401);
  });

  it('has a link for each device, which ends the later sessions on others, too, but not the earlier ones', async () => {
    const { email, own, foreign, token } = await intruded();
    clock.advance(MINUTE_MS);
    const third = await logIn(app, email);
    const { token: second } = await mailTo(app, email, 'new_device', 2);
    clock.advance(MINUTE_MS);
    const fourth = await openSession(app, email);
    expect((await disown(second)).statusCode).toBe(204);
    const states = async () => Promise.all([own, foreign, third, fourth].map(profile));
    expect(await states()).toEqual([200, 200, 401, 401]);
    expect((await disown(token)).statusCode).toBe(204);
    expect(await states()).toEqual([200, 401, 401, 401]);
    const { token: resetToken } = await mailTo(app, email, 'password_reset', 2);
    const reset = { token: resetToken, newPassword: NEW_PASSWORD };
    expect((await app.call({ url: '/auth/password/reset', body: reset })).statusCode).toBe(204);
  });

  it('has a link that the intruder cannot end: not by adding a factor, nor by changing the password', async () => {
    const { email, foreign, token } = await intruded();
    await enrolTotp(app, foreign, clock.nowMs());
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const { accessToken } = foreign;
    const changed = await app.call({ method: 'PUT', url: '/users/me/password', body, token: accessToken });
    expect(changed.statusCode).toBe(204);
    expect((await disown(token)).statusCode).toBe(204);
    expect(await profile(foreign)).toBe(401);
    expect(await login(email, NEW_PASSWORD)).toBe(401);
  });

  it('has a link that works for 7 days, and not at their end', async () => {
    const [early, late] = [await intruded(), await intruded()];
    clock.advance(7 * DAY_MS - 1);
    expect((await disown(early.token)).statusCode).toBe(204);
    clock.advance(1);
    expect(codeOf(await disown(late.token))).toEqual(INVALID);
  });

  it('peer faults 3, 5 and 14: has a link that works once', async () => {
    const { email, token } = await intruded();
    expect((await disown(token)).statusCode).toBe(204);
    const { token: resetToken } = await mailTo(app, email, 'password_reset');
    await app.call({ url: '/auth/password/reset', body: { token: resetToken, newPassword: NEW_PASSWORD } });
    expect(codeOf(await disown(token))).toEqual(INVALID);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
  });

  it('peer fault 2: has a link that works once of 16 at once on two instances', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const { email, token } = await intruded();
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, nth) => disown(token, nth % 2 === 0 ? app : other)),
      );
      const statuses = answers.map(({ statusCode }) => statusCode);
      expectOneWinner(statuses);
      await mailTo(app, email, 'password_reset');
      expect(await mailsTo(app, email, 'password_reset')).toHaveLength(1);
    }
  });

  describe('between two instances, one of whose clocks is half a second behind', () => {
    /** An account whose owner has just signed in on a known device, at one instance, and then somebody else at another. */
    async function intrudedAfter(first: TestApp, second: TestApp) {
      const own = await createPerson(app, { roles: ['auditor'], verified: true });
      const { email } = own.user;
      clock.advance(MINUTE_MS);
      const body = { email, password: PASSWORD, deviceToken: own.deviceToken, tokenTransport: 'body' };
      const recent = (await first.call({ url: '/auth/login', body })).json<Tokens>();
      const foreign = await logIn(second, email);
      const { token } = await mailTo(app, email, 'new_device');
      return { email, recent, foreign, token };
    }

    it('has a link that ends what was added at the other one: passkey, API key and session', async () => {
      const { email, recent, foreign, token } = await intrudedAfter(app, app);
      const { authenticator } = await registerPasskey(behind, foreign);
      await enrolTotp(behind, foreign, clock.nowMs());
      const key = await createKey(behind, foreign);
      const byPasskey = await signInBy(authenticator, behind);
      expect((await disown(token)).statusCode).toBe(204);
      const sessions = [recent, foreign, byPasskey.json<Tokens>()];
      expect(await Promise.all(sessions.map(profile))).toEqual([200, 401, 401]);
      const factors = await app.call({ url: '/users/me/factors', token: recent.accessToken });
      expect(factors.json().items).toEqual([]);
      await reset(email);
      await expectShutOut(email, authenticator, key);
    });

    it.each(['ahead', 'behind'])(
      'has a link that spares the session of a moment ago at the one %s',
      async (which) => {
        const [first, second] = which === 'ahead' ? [app, behind] : [behind, app];
        const { email, recent, foreign, token } = await intrudedAfter(first, second);
        const later = await logIn(which === 'ahead' ? behind : app, email);
        expect((await disown(token)).statusCode).toBe(204);
        expect(await Promise.all([recent, foreign, later].map(profile))).toEqual([200, 401, 401]);
      },
    );
  });

  it('has a link that outlives a reset that the owner asked for instead', async () => {
    const { email, token, authenticator, key } = await settledIn();
    await app.call({ url: '/auth/password/forgot', body: { email } });
    await reset(email);
    expect((await disown(token)).statusCode).toBe(204);
    await reset(email, 2);
    await expectShutOut(email, authenticator, key);
  });

  it('has a link that outlives the use of one about a later device, and the reset after that', async () => {
    const { email, token, authenticator, key } = await settledIn();
    expect((await signInBy(authenticator)).statusCode).toBe(200);
    const { token: second } = await mailTo(app, email, 'new_device', 2);
    expect((await disown(second)).statusCode).toBe(204);
    await reset(email);
    expect((await disown(token)).statusCode).toBe(204);
    await reset(email, 2);
    await expectShutOut(email, authenticator, key);
  });

  it('peer fault 11: has a link that works only while the account has its address, where the reset link goes', async () => {
    const { email, foreign, token, authenticator, key } = await settledIn();
    await change(newAddress(), foreign);
    expect(codeOf(await disown(token))).toEqual(INVALID);

    const { token: undo } = await mailTo(app, email, 'address_changed');
    expect((await app.call({ url: '/auth/email/undo', body: { token: undo } })).statusCode).toBe(204);
    expect((await disown(token)).statusCode).toBe(204);
    await reset(email, 2);
    await expectShutOut(email, authenticator, key);
  });

  it('has a link that works after the owner has changed the address back, which the intruder cannot undo', async () => {
    const { email, own, foreign, token } = await intruded();
    const theirs = newAddress();
    await change(theirs, foreign);
    await change(email, own);
    expect((await mailTo(app, theirs, 'address_changed')).token).toBeNull();

    expect((await disown(token)).statusCode).toBe(204);
    expect([await profile(own), await profile(foreign)]).toEqual([200, 401]);
    await reset(email);
    expect(await login(email, NEW_PASSWORD)).toBe(200);
  });

  it('has a link that leaves the undos of before the intruder came, and those to the present address', async () => {
    const own = await createPerson(app, { verified: true });
    const { email: first } = own.user;
    const second = newAddress();
    await change(second, own);
    const { token: older } = await mailTo(app, first, 'address_changed');
    clock.advance(MINUTE_MS);
    const foreign = await logIn(app, second);
    const { token } = await mailTo(app, second, 'new_device');
    clock.advance(MINUTE_MS);
    const theirs = newAddress();
    await change(theirs, foreign);
    const { token: present } = await mailTo(app, second, 'address_changed');
    await change(second, own, 2);

    expect((await disown(token)).statusCode).toBe(204);
    for (const undo of [present, older])
      expect((await app.call({ url: '/auth/email/undo', body: { token: undo } })).statusCode).toBe(204);
  });

  it('peer fault 15: has a link that does nothing when it is opened', async () => {
    const { own, foreign, token } = await intruded();
    for (const url of [`/auth/sessions/disown?token=${token}`, `/account/device?token=${token}`])
      await app.call({ url });
    expect([await profile(own), await profile(foreign)]).toEqual([200, 200]);
    expect((await disown(token)).statusCode).toBe(204);
  });

  it('has a link that does not work where the account is disabled', async () => {
    const { email, token } = await intruded();
    await app.app.get(AccountAdministration, { strict: false }).disable(email, internalOrigin('operator'));
    expect(codeOf(await disown(token))).toEqual(INVALID);
  });

  it.each([['another text'], [''], [7], [{}], ['\ud800']])('has no link with the token %j', async (token) => {
    expect(codeOf(await disown(token))).toEqual(INVALID);
  });
});
