import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { PasswordHasher } from '../../src/auth/credentials/passwords/password-hasher.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { logIn, newAddress, PASSWORD, register, type Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { enrolTotp } from '../support/app/factors.js';
import { expectOneWinner } from '../support/races/one-winner.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';

const AT_ONCE = 16;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('the proof of an address', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  let email: string;
  let signed: Tokens;

  beforeAll(async () => {
    here = await startApp({ clock });
    there = await startBeside(here, { clock });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });
  beforeEach(async () => {
    signed = await registered();
    email = signed.user.email;
  });

  /** A session of a new account, whose registration has sent the mail. */
  const registered = async () => openSession(here, await register(here));
  const sql = <Row extends object>(text: string, ...values: unknown[]) =>
    asSuperuser<Row & Record<string, unknown>>(here.database, text, values);
  const settled = () => outboxIsEmpty(here);
  const verify = (body: object, request: Partial<TestRequest> = {}, app = here) =>
    app.call({ url: '/auth/email/verify', body, ...request });
  const ask = (address = email, token?: string) =>
    here.call({ url: '/auth/email/verification', body: { email: address }, ...(token && { token }) });
  const isVerified = async (app = here, token = signed.accessToken) =>
    (await app.call({ url: '/users/me', token })).json<{ emailVerified: boolean }>().emailVerified;
  const outcome = (answer: Awaited<ReturnType<typeof verify>>) =>
    answer.statusCode < 400 ? answer.statusCode : String(answer.json().code);
  const registrationMail = () => mailTo(here, email, 'verification');
  const changed = (token: string) =>
    `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.at(-1)}`;

  it('comes with the registration: a link for 24 hours, a code, and nothing that the sender chose', async () => {
    const address = newAddress();
    const answer = await here.call({
      url: '/auth/register',
      body: { email: address, password: PASSWORD, displayName: 'Buy Pills', locale: 'de' },
    });
    expect(answer.statusCode).toBe(201);
    const mail = await mailTo(here, address, 'verification');
    expect(mail.link).toBe(`http://localhost:3000/account/verify#token=${mail.token}`);
    expect(mail.code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/);
    expect(mail.text).toContain('Bestätigen Sie');
    expect(mail.text + mail.html + mail.subject).not.toContain('Pills');
  });

  it('is finished by the link in a session of the account, for every instance, and recorded', async () => {
    const { token } = await registrationMail();
    const answer = await verify({ token }, { token: signed.accessToken });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    for (const app of [here, there]) expect(await isVerified(app)).toBe(true);
    clock.advance(1);
    const activity = await here.call({ url: '/users/me/activity', token: signed.accessToken });
    expect(activity.json<{ items: object[] }>().items[0]).toMatchObject({
      type: 'user_email_verified',
      outcome: 'success',
      sessionId: signed.session.id,
      details: { by: 'link' },
      summary: expect.stringContaining('Confirmed the e-mail address'),
    });
  });

  it('is finished by the link with the password, without a session', async () => {
    const { token } = await registrationMail();
    expect(outcome(await verify({ token, password: PASSWORD }))).toBe(204);
    expect(await isVerified()).toBe(true);
    expect(outcome(await verify({ token, password: PASSWORD }))).toBe('invalid_link');
  });

  it('is finished by the code in a session, in any spelling', async () => {
    const { code } = await registrationMail();
    const typed = `${code!.slice(0, 4).toLowerCase()} - ${code!.slice(4)}`;
    expect(outcome(await verify({ code: typed }))).toBe('unauthenticated');
    expect(outcome(await verify({ code: typed }, { token: signed.accessToken }))).toBe(204);
    expect(await isVerified()).toBe(true);
  });

  it('peer fault 15: a link that a mail scanner follows or posts is neither used nor finished', async () => {
    const { token } = await registrationMail();
    for (const method of ['GET', 'HEAD', 'OPTIONS'] as const)
      expect(
        (await here.call({ method, url: `/auth/email/verify?token=${token}` })).statusCode,
      ).toBeGreaterThanOrEqual(400);
    expect(outcome(await verify({ token }))).toBe('unauthenticated');
    expect(await isVerified()).toBe(false);
    expect(outcome(await verify({ token }, { token: signed.accessToken }))).toBe(204);
  });

  it('peer fault 17: a link is not finished in the session of another account, and stays good', async () => {
    const { token } = await registrationMail();
    const other = await createPerson(here);
    expect(outcome(await verify({ token }, { token: other.accessToken }))).toBe('invalid_link');
    expect(await isVerified(here, other.accessToken)).toBe(false);
    expect(outcome(await verify({ token }, { token: signed.accessToken }))).toBe(204);
  });

  it('peer fault 44: a stranger with the mail cannot prove an address for the squatter, nor the squatter without it', async () => {
    const { token, code } = await registrationMail();
    const victim = await createPerson(here);
    for (const body of [{ token }, { code }])
      expect(outcome(await verify(body, { token: victim.accessToken }))).toMatch(/^invalid_(link|code)$/);
    expect(outcome(await verify({ token, password: 'what the victim would choose' }))).toBe(
      'invalid_credentials',
    );
    for (const body of [{ token: 'guessed' }, { code: '22222222' }])
      expect(outcome(await verify(body, { token: signed.accessToken }))).toMatch(/^invalid_(link|code)$/);
    expect(await isVerified()).toBe(false);
  });

  it('does not take a wrong password, which counts like a login and does not use the link up', async () => {
    const { token } = await registrationMail();
    const wrong = await verify({ token, password: 'not the password at all' });
    expect([wrong.statusCode, wrong.json().code]).toEqual([401, 'invalid_credentials']);
    for (let n = 2; n <= 10; n += 1) await verify({ token, password: 'not the password at all' });
    const locked = await verify({ token, password: PASSWORD });
    expect([locked.statusCode, locked.json()['violated-policies']]).toEqual([429, ['account-guessing']]);
    const login = await here.call({
      url: '/auth/login',
      body: { email, password: PASSWORD, tokenTransport: 'body' },
    });
    expect(login.statusCode).toBe(429);
    expect(outcome(await verify({ token }, { token: signed.accessToken }))).toBe(204);
  });

  it('takes a right password whose hash a login renews at the same time, and counts no failure', async () => {
    const dearer = await startBeside(here, { clock, variables: { BCRYPT_ROUNDS: '5' } });
    onTestFinished(() => dearer.close());
    const { token } = await registrationMail();
    const hasher = here.app.get(PasswordHasher, { strict: false });
    const compare = hasher.verify.bind(hasher);
    const comparing = vi.spyOn(hasher, 'verify').mockImplementationOnce(async (...compared) => {
      const isRight = await compare(...compared);
      await logIn(dearer, email);
      return isRight;
    });
    onTestFinished(() => comparing.mockRestore());
    expect(outcome(await verify({ token, password: PASSWORD }))).toBe(204);
    expect(comparing).toHaveBeenCalledTimes(2);
    const failures = `SELECT FROM audit_events WHERE user_id = $1 AND type = 'authn_login_fail'`;
    expect(await sql(failures, signed.user.id)).toEqual([]);
  });

  it('does not count a password beside a link that is not valid', async () => {
    const { token } = await registrationMail();
    await verify({ token }, { token: signed.accessToken });
    for (let n = 1; n <= 12; n += 1)
      expect(outcome(await verify({ token, password: 'not the password at all' }))).toBe('invalid_link');
    expect((await logIn(here, email)).user.email).toBe(email);
  });

  it.each([
    ['changed in one character', (token: string) => changed(token)],
    ['cut', (token: string) => token.slice(0, -1)],
    ['empty', () => ''],
    ['a number', () => 42],
    ['an object', () => ({ token: 'x' })],
    ['far too long', () => 'A'.repeat(10_000)],
    ['not well-formed Unicode', () => '\ud800'],
    ['with a NUL byte', (token: string) => `${token.slice(0, -1)}\0`],
  ])('answers a token that is %s alike', async (_, forge) => {
    const { token } = await registrationMail();
    const forged = forge(token!);
    const answers = [
      await verify({ token: forged }, { token: signed.accessToken }),
      await verify({ token: forged, password: PASSWORD }),
      await verify({ token: 'unknown' }, { token: signed.accessToken }),
    ];
    const shown = answers.map((answer) => [answer.statusCode, { ...answer.json(), requestId: '' }]);
    expect(shown[0]![1]).toMatchObject({ code: 'invalid_link', status: 400 });
    for (const other of shown) expect(other).toEqual(shown[0]);
  });

  it.each(['2222 2222', '', 'ABCDEFGHIJKLMNOP', '\0', '\ud800', 7])(
    'answers the wrong code %j alike',
    async (code) => {
      expect(outcome(await verify({ code }, { token: signed.accessToken }))).toBe('invalid_code');
    },
  );

  it('refuses both, or neither, of token and code as invalid input', async () => {
    const { token, code } = await registrationMail();
    for (const body of [{}, { token, code }, { token: null }, { password: PASSWORD }])
      expect(outcome(await verify(body, { token: signed.accessToken }))).toBe('validation_failed');
    expect(await isVerified()).toBe(false);
  });

  it('looks at a code five times, however the attempts arrive', async () => {
    const { code } = await registrationMail();
    const wrong = `${code!.slice(0, 7)}${code!.endsWith('2') ? '3' : '2'}`;
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) =>
        verify({ code: wrong }, { token: signed.accessToken }, n % 2 ? here : there),
      ),
    );
    expect(outcome(await verify({ code }, { token: signed.accessToken }))).toBe('invalid_code');
  });

  it.each([
    ['link', DAY_MS, (mail: { token: string | null }) => ({ token: mail.token, password: PASSWORD })],
    ['code', 10 * MINUTE_MS, (mail: { code: string | null }) => ({ code: mail.code })],
  ])('expires: a %s is good in its last millisecond and dead in the next', async (_, lifeMs, bodyOf) => {
    const first = await registrationMail();
    const [late, lateSigned] = [await registered(), signed];
    const second = await mailTo(here, late.user.email, 'verification');
    clock.advance(lifeMs - 1);
    // Tokens live for half an hour only, the session goes on.
    signed = await openSession(here, email);
    const fresh = await openSession(here, late.user.email);
    expect(lateSigned.user.id).toBe(signed.user.id);
    expect(outcome(await verify(bodyOf(first), { token: signed.accessToken }))).toBe(204);
    clock.advance(1);
    expect(outcome(await verify(bodyOf(second), { token: fresh.accessToken }))).toMatch(/^invalid_/);
  });

  it.each(['token', 'code'] as const)('used 16 times at once, by its %s, has one winner', async (by) => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const one = await registered();
      const mail = await mailTo(here, one.user.email, 'verification');
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) =>
          verify({ [by]: mail[by] }, { token: one.accessToken }, n % 2 ? here : there),
        ),
      );
      expectOneWinner(answers.map(({ statusCode }) => statusCode));
    }
  });

  it('peer fault 9: its link does nothing else than prove the address', async () => {
    const { token } = await registrationMail();
    expect(outcome(await here.call({ url: '/auth/email/undo', body: { token } }))).toBe('invalid_link');
    expect(outcome(await verify({ token }, { token: signed.accessToken }))).toBe(204);
  });

  describe('asked for at POST /auth/email/verification', () => {
    it('sends another mail; its link replaces none, and the one that is used ends the others', async () => {
      const first = await registrationMail();
      expect((await ask()).statusCode).toBe(202);
      const second = await mailTo(here, email, 'verification', 2);
      expect(second.token).not.toBe(first.token);
      expect(outcome(await verify({ token: first.token }, { token: signed.accessToken }))).toBe(204);
      expect(outcome(await verify({ token: second.token }, { token: signed.accessToken }))).toBe(
        'invalid_link',
      );
    });

    it('binds the code to the session that asked, and the link to none', async () => {
      await registrationMail();
      await ask(email, signed.accessToken);
      const { code, token } = await mailTo(here, email, 'verification', 2);
      const other = await openSession(here, email);
      expect(outcome(await verify({ code }, { token: other.accessToken }))).toBe('invalid_code');
      expect(outcome(await verify({ token }, { token: other.accessToken }))).toBe(204);
    });

    it('finds the account in any spelling of its address', async () => {
      await registrationMail();
      expect((await ask(` ${email.toUpperCase()}`)).statusCode).toBe(202);
      await mailTo(here, email, 'verification', 2);
    });

    it('answers alike, and sends nothing, for unknown, proven and disabled accounts', async () => {
      const { token } = await registrationMail();
      await verify({ token }, { token: signed.accessToken });
      const disabled = await register(here);
      await mailTo(here, disabled, 'verification');
      await sql('UPDATE users SET disabled_at = now() WHERE email = $1', disabled);
      const unproven = await register(here);
      const addresses = [unproven, email, disabled, newAddress()];
      const shown = [];
      for (const address of addresses) {
        const { statusCode, headers, body } = await ask(address);
        shown.push({ statusCode, body, headers: { ...headers, 'x-request-id': '', date: '' } });
      }
      for (const other of shown) expect(other).toEqual(shown[0]);
      expect(shown[0]).toMatchObject({ statusCode: 202, body: '' });
      await mailTo(here, unproven, 'verification', 2);
      await settled();
      const counts = await Promise.all(addresses.map(async (to) => (await mailsTo(here, to)).length));
      expect(counts).toEqual([2, 1, 1, 0]);
    });

    it('refuses what is no address', async () => {
      for (const address of ['', 'ada', 'a@b@c', 'ada@example.com\0'])
        expect(outcome(await ask(address))).toBe('validation_failed');
    });
  });

  it('peer fault 16: links follow the configuration, whatever the request says about the host', async () => {
    const address = newAddress();
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    };
    await here.call({ url: '/auth/register', body: { email: address, password: PASSWORD }, headers });
    await here.call({ url: '/auth/email/verification', body: { email: address }, headers });
    await mailTo(here, address, 'verification', 2);
    for (const mail of await mailsTo(here, address)) {
      expect(mail.link).toMatch(/^http:\/\/localhost:3000\/account\/verify#token=/);
      expect(mail.text + mail.html).not.toContain('evil.example');
    }
  });

  it('dies with the password: what was mailed before a new one proves nothing', async () => {
    const { token } = await registrationMail();
    await sql('UPDATE password_credentials SET changed_at = now() WHERE user_id = $1', signed.user.id);
    expect(outcome(await verify({ token }, { token: signed.accessToken }))).toBe('invalid_link');
  });

  it('dies with a second factor that is added, and is done by the next mail', async () => {
    const { token } = await registrationMail();
    await enrolTotp(here, signed, clock.nowMs());
    const { accessToken } = signed;
    expect(outcome(await verify({ token }, { token: accessToken }))).toBe('invalid_link');
    await ask();
    const next = await mailTo(here, email, 'verification', 2);
    expect(outcome(await verify({ token: next.token }, { token: accessToken }))).toBe(204);
  });

  it('is recorded when it fails', async () => {
    const answer = await verify({ token: 'wrong' }, { token: signed.accessToken });
    const [event] = await sql<{ type: string }>(
      'SELECT type, outcome, reason, user_id FROM audit_events WHERE request_id = $1',
      answer.headers['x-request-id'],
    );
    expect(event).toEqual({
      type: 'user_email_verify_fail',
      outcome: 'failure',
      reason: 'invalid_link',
      user_id: signed.user.id,
    });
  });
});
