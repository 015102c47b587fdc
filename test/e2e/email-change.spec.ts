import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { logIn, newAddress, PASSWORD, register, signUp, type Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { createKey } from '../support/app/api-keys.js';
import { beginAuthentication, registerPasskey } from '../support/app/passkeys.js';
import { expectOneWinner } from '../support/races/one-winner.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { expectAlikeInTime } from '../support/time/compared-medians.js';
import { LaggingClock } from '../support/time/lagging-clock.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const AT_ONCE = 16;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const BROWSER = {
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
};

describe('a change of address', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  let signed: Tokens;
  let old: string;
  let wanted: string;

  beforeAll(async () => {
    here = await startApp({ clock });
    there = await startBeside(here, { clock });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });
  beforeEach(async () => {
    signed = await createPerson(here, { verified: true });
    old = signed.user.email;
    wanted = newAddress();
  });

  const sql = <Row extends object>(text: string, ...values: unknown[]) =>
    asSuperuser<Row & Record<string, unknown>>(here.database, text, values);
  const settled = () => outboxIsEmpty(here);
  const verify = (body: object, token: string | undefined = signed.accessToken, app = here) =>
    app.call({ url: '/auth/email/verify', body, ...(token && { token }) });
  const undo = (token: unknown, app = here) => app.call({ url: '/auth/email/undo', body: { token } });
  const ask = (email = wanted, { accessToken: token } = signed) =>
    here.call({ url: '/users/me/email', body: { email }, token, headers: BROWSER });
  const outcome = (answer: Awaited<ReturnType<typeof verify>>) =>
    answer.statusCode < 400 ? answer.statusCode : String(answer.json().code);
  const me = async ({ accessToken: token } = signed, app = here) => {
    const answer = await app.call({ url: '/users/me', token });
    return answer.statusCode === 200 ? answer.json<Tokens['user'] & { emailVerified: boolean }>() : null;
  };
  const login = (email: string, password = PASSWORD, deviceToken?: string) =>
    here.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body', deviceToken } });
  /** Asks for the wanted address and proves it. */
  const change = async (email = wanted, who = signed, nth = 1) => {
    await ask(email, who);
    const { token } = await mailTo(here, email, 'address_change', nth);
    expect(outcome(await verify({ token }, who.accessToken))).toBe(204);
  };

  it('peer fault 13: changes nothing before the new address is proven', async () => {
    const answer = await ask();
    expect([answer.statusCode, answer.body]).toEqual([202, '']);
    await mailTo(here, wanted, 'address_change');
    expect(await me()).toMatchObject({ email: old, emailVerified: true });
    expect(outcome(await login(wanted))).toBe('invalid_credentials');
    const { token } = await mailTo(here, wanted, 'address_change');
    expect(outcome(await verify({ token }))).toBe(204);
    for (const app of [here, there])
      expect(await me(signed, app)).toMatchObject({ email: wanted, emailVerified: true });
    expect(outcome(await login(old))).toBe('invalid_credentials');
    expect(outcome(await login(wanted))).toBe(200);
  });

  it('ends the wait after guesses at the new address, which were not at this account', async () => {
    for (let guess = 0; guess < 10; guess += 1)
      expect(outcome(await login(wanted, 'a guess'))).toBe('invalid_credentials');
    expect(outcome(await login(wanted))).toBe('rate_limited');
    await change();
    expect(outcome(await login(wanted))).toBe(200);
  });

  it('tells the former address at once, and again when it has changed, with an undo link', async () => {
    await ask();
    const changing = await mailTo(here, old, 'address_changing');
    expect(changing).toMatchObject({ link: null, code: null });
    expect(changing.text).toContain('Chrome on Windows');
    const { token, text } = await mailTo(here, wanted, 'address_change');
    expect(text).not.toContain(old);
    await verify({ token });
    const changed = await mailTo(here, old, 'address_changed');
    expect(changed.link).toBe(`http://localhost:3000/account/undo#token=${changed.token}`);
    expect(await mailsTo(here, wanted)).toHaveLength(1);
  });

  it('is finished by the code in the session that asked, and in no other', async () => {
    await ask();
    const { code } = await mailTo(here, wanted, 'address_change');
    const other = await openSession(here, old);
    expect(outcome(await verify({ code }, other.accessToken))).toBe('invalid_code');
    expect(outcome(await verify({ code }))).toBe(204);
    expect(await me()).toMatchObject({ email: wanted });
  });

  it('is finished by the link with the password, and lets the sessions go on', async () => {
    const other = await openSession(here, old);
    await ask();
    const { token } = await mailTo(here, wanted, 'address_change');
    expect(outcome(await verify({ token }, ''))).toBe('unauthenticated');
    expect(outcome(await verify({ token, password: PASSWORD }, ''))).toBe(204);
    for (const session of [signed, other]) expect(await me(session)).toMatchObject({ email: wanted });
  });

  it('needs a recent proof', async () => {
    clock.advance(11 * MINUTE_MS);
    const refused = await ask();
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'insufficient_user_authentication']);
    await settled();
    expect(await mailsTo(here, old)).toEqual([]);
  });

  it('is replaced by a younger one', async () => {
    await ask();
    const first = await mailTo(here, wanted, 'address_change');
    const other = newAddress();
    await ask(other);
    const second = await mailTo(here, other, 'address_change');
    expect(outcome(await verify({ token: first.token }))).toBe('invalid_link');
    expect(outcome(await verify({ token: second.token }))).toBe(204);
  });

  it('reaches the address whatever others have asked for before, and replaces the earlier one', async () => {
    const earlier = newAddress();
    await ask(earlier);
    const { token } = await mailTo(here, earlier, 'address_change');
    const stranger = await createPerson(here);
    for (const tag of ['+1', '+2', '+3']) {
      const tagged = wanted.replace('@', `${tag}@`);
      await ask(tagged, stranger);
      await mailTo(here, tagged, 'address_change');
    }
    expect((await ask()).statusCode).toBe(202);
    const reached = await mailTo(here, wanted, 'address_change');
    expect(outcome(await verify({ token }))).toBe('invalid_link');
    expect(outcome(await verify({ token: reached.token }))).toBe(204);
  });

  it('is mailed three times an hour to one mailbox, and ends with a further request, of which the caller is told nothing', async () => {
    for (const tag of ['+1', '+2', '+3']) await ask(wanted.replace('@', `${tag}@`));
    const { token } = await mailTo(here, wanted.replace('@', '+3@'), 'address_change');
    expect((await ask()).statusCode).toBe(202);
    await settled();
    expect(await mailsTo(here, wanted)).toEqual([]);
    expect(outcome(await verify({ token }))).toBe('invalid_link');
  });

  it('is cancelled by asking for the present address, in any spelling', async () => {
    await ask();
    const { token } = await mailTo(here, wanted, 'address_change');
    expect((await ask(` ${old.toUpperCase()} `)).statusCode).toBe(202);
    expect(outcome(await verify({ token }))).toBe('invalid_link');
    await settled();
    expect((await mailsTo(here, old)).map(({ kind }) => kind)).toEqual(['address_changing']);
  });

  it('peer fault 11: ends what was mailed before it', async () => {
    const unproven = await signUp(here);
    const proof = await mailTo(here, unproven.user.email, 'verification');
    await change(wanted, unproven);
    expect(outcome(await verify({ token: proof.token }, unproven.accessToken))).toBe('invalid_link');
    expect(
      await sql(
        'SELECT 1 FROM single_use_secrets WHERE subject = $1 AND fingerprint IS NOT NULL',
        unproven.user.id,
      ),
    ).toEqual([]);
  });

  it('does not survive a new password', async () => {
    await ask();
    const { token } = await mailTo(here, wanted, 'address_change');
    await sql('UPDATE password_credentials SET changed_at = now() WHERE user_id = $1', signed.user.id);
    expect(outcome(await verify({ token }))).toBe('invalid_link');
    expect(await me()).toMatchObject({ email: old });
  });

  it('is good in the last millisecond of its 24 hours, and dead in the next', async () => {
    await ask();
    const first = await mailTo(here, wanted, 'address_change');
    clock.advance(DAY_MS - 1);
    signed = await openSession(here, old);
    expect(outcome(await verify({ token: first.token }))).toBe(204);
    const late = newAddress();
    await ask(late);
    const second = await mailTo(here, late, 'address_change');
    clock.advance(DAY_MS);
    signed = await openSession(here, wanted);
    expect(outcome(await verify({ token: second.token }))).toBe('invalid_link');
  });

  it('used 16 times at once over two instances happens once', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const one = await createPerson(here, { verified: true });
      const to = newAddress();
      await ask(to, one);
      const { token } = await mailTo(here, to, 'address_change');
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) => verify({ token }, one.accessToken, n % 2 ? here : there)),
      );
      expectOneWinner(answers.map(({ statusCode }) => statusCode));
      expect(
        await sql(
          "SELECT id FROM single_use_secrets WHERE subject = $1 AND purpose = 'email_undo'",
          one.user.id,
        ),
      ).toHaveLength(1);
    }
  });

  describe('to an address that somebody has', () => {
    it('answers alike, tells the owner of the address and the present one, and cannot be finished', async () => {
      const taken = await createAccount(here);
      const free = await ask();
      const other = await ask(taken.toUpperCase());
      const shown = [free, other].map(({ statusCode, body, headers }) => ({
        statusCode,
        body,
        headers: { ...headers, 'x-request-id': '', date: '' },
      }));
      expect(shown[1]).toEqual(shown[0]);
      const notice = await mailTo(here, taken, 'address_taken');
      expect([notice.link, notice.code]).toEqual([null, null]);
      expect(notice.text + notice.html).not.toContain(old);
      await settled();
      const kinds = async (to: string) => (await mailsTo(here, to)).map(({ kind }) => kind);
      expect(await kinds(taken)).toEqual(['address_taken']);
      expect(await kinds(old)).toEqual(['address_changing', 'address_changing']);
    });

    it('tells the owner at most three times an hour, and the caller nothing of that', async () => {
      const taken = await createAccount(here);
      for (let n = 1; n <= 5; n += 1) expect((await ask(taken)).statusCode).toBe(202);
      await settled();
      expect((await mailsTo(here, taken)).filter(({ kind }) => kind === 'address_taken')).toHaveLength(3);
    });

    it('tells the owner at most three times an hour, whoever asks', async () => {
      const taken = await createAccount(here);
      for (const who of [signed, await createPerson(here)])
        for (const tag of ['', '+1', '+2']) await ask(taken.replace('@', `${tag}@`), who);
      await ask(taken, await createPerson(here));
      await settled();
      expect(await mailsTo(here, taken, 'address_taken')).toHaveLength(3);
    });

    it('takes the same time as a free one', async () => {
      const samples = 20;
      const taken: string[] = [];
      while (taken.length < samples) taken.push(await createAccount(here));
      const attempts = {
        free: () => ask(newAddress()),
        taken: (sample: number) => ask(taken[sample]),
      };
      await expectAlikeInTime(attempts, { samples, floorMs: 5 });
    });

    it('that was taken meanwhile: the link is not valid, and nothing changes', async () => {
      await ask();
      const { token, code } = await mailTo(here, wanted, 'address_change');
      await register(here, wanted);
      expect(outcome(await verify({ code }))).toBe('invalid_code');
      expect(outcome(await verify({ token }))).toBe('invalid_link');
      expect(await me()).toMatchObject({ email: old });
      expect(
        await sql(
          "SELECT 1 FROM single_use_secrets WHERE subject = $1 AND purpose = 'email_undo'",
          signed.user.id,
        ),
      ).toEqual([]);
    });

    it('of two accounts that prove one address at once, one gets it', async () => {
      const other = await createPerson(here);
      const mails = [];
      for (const one of [signed, other]) {
        await ask(wanted, one);
        mails.push(await mailTo(here, wanted, 'address_change', mails.length + 1));
      }
      const answers = await Promise.all([
        verify({ token: mails[0]!.token }, signed.accessToken, here),
        verify({ token: mails[1]!.token }, other.accessToken, there),
      ]);
      expect(answers.map(outcome).map(String).toSorted()).toEqual(['204', 'invalid_link']);
    });
  });

  describe('undone', () => {
    it('gives the address back, ends every session and the password, and mails a reset link', async () => {
      await change();
      const stolen = await openSession(here, wanted);
      const { token } = await mailTo(here, old, 'address_changed');
      const answer = await undo(token);
      expect([answer.statusCode, answer.body]).toEqual([204, '']);
      for (const session of [signed, stolen])
        for (const app of [here, there]) expect(await me(session, app)).toBeNull();
      for (const email of [old, wanted]) expect(outcome(await login(email))).toBe('invalid_credentials');
      const reset = await mailTo(here, old, 'password_reset');
      expect(reset.link).toContain('/account/reset#token=');
      const [user] = await sql<{ email: string; email_verified: boolean }>(
        'SELECT email, email_verified FROM users WHERE id = $1',
        signed.user.id,
      );
      expect(user).toEqual({ email: old, email_verified: true });
      expect(outcome(await undo(token))).toBe('invalid_link');
    });

    it('peer fault 12: ends a change that is pending, so that the thief does not get the account back', async () => {
      await change();
      const { token } = await mailTo(here, old, 'address_changed');
      const third = newAddress();
      await ask(third);
      const pending = await mailTo(here, third, 'address_change');
      expect(outcome(await undo(token))).toBe(204);
      expect(outcome(await verify({ token: pending.token, password: PASSWORD }, ''))).toBe('invalid_link');
    });

    it('outlives a further change and a new password, and ends the undo of the further one', async () => {
      await change();
      const first = await mailTo(here, old, 'address_changed');
      const third = newAddress();
      await change(third);
      const second = await mailTo(here, wanted, 'address_changed');
      await sql('UPDATE password_credentials SET changed_at = now() WHERE user_id = $1', signed.user.id);
      expect(outcome(await undo(first.token))).toBe(204);
      expect(outcome(await undo(second.token))).toBe('invalid_link');
      const [user] = await sql<{ email: string }>('SELECT email FROM users WHERE id = $1', signed.user.id);
      expect(user!.email).toBe(old);
    });

    it('leaves an older undo alive: the thief cannot end it by the undo of a change of their own', async () => {
      await change();
      const first = await mailTo(here, old, 'address_changed');
      await change(newAddress());
      const second = await mailTo(here, wanted, 'address_changed');
      expect(outcome(await undo(second.token))).toBe(204);
      expect(outcome(await undo(first.token))).toBe(204);
      const [user] = await sql<{ email: string }>('SELECT email FROM users WHERE id = $1', signed.user.id);
      expect(user!.email).toBe(old);
    });

    describe('between two instances, one of whose clocks is half a second behind', () => {
      let behind: TestApp;
      beforeAll(async () => {
        behind = await startBeside(here, { clock: new LaggingClock(clock, 500) });
      });
      afterAll(() => behind.close());

      /** The undo links of two changes, the first of which was completed by the instance ahead, and the second by the other. */
      const undosOfTwo = async () => {
        await change();
        const further = newAddress();
        await ask(further);
        const { token } = await mailTo(here, further, 'address_change');
        expect(outcome(await verify({ token }, signed.accessToken, behind))).toBe(204);
        const [older, younger] = [old, wanted].map((email) => mailTo(here, email, 'address_changed'));
        return { older: (await older!).token, younger: (await younger!).token };
      };

      it('leaves an older undo alive', async () => {
        const { older, younger } = await undosOfTwo();
        expect(outcome(await undo(younger))).toBe(204);
        expect(outcome(await undo(older))).toBe(204);
      });

      it('ends a younger undo', async () => {
        const { older, younger } = await undosOfTwo();
        expect(outcome(await undo(older))).toBe(204);
        expect(outcome(await undo(younger))).toBe('invalid_link');
      });
    });

    it('tells the address that the account leaves, without a link and without where it was done', async () => {
      await change();
      await undo((await mailTo(here, old, 'address_changed')).token);
      const mail = await mailTo(here, wanted, 'address_changed');
      expect([mail.link, mail.token]).toEqual([null, null]);
      expect(mail.text).toContain('was undone');
      expect(mail.text).not.toContain('127.0.0.1');
    });

    it('tells nobody where the account has the address already', async () => {
      await change();
      clock.advance(1);
      await change(old);
      await undo((await mailTo(here, old, 'address_changed')).token);
      await settled();
      expect(await mailsTo(here, old, 'address_changed')).toHaveLength(1);
    });

    it('forgets the devices that were added since the change was asked for, and keeps the others', async () => {
      clock.advance(2 * MINUTE_MS);
      await ask();
      const added = await logIn(here, old);
      const { token } = await mailTo(here, wanted, 'address_change');
      await verify({ token });
      await undo((await mailTo(here, old, 'address_changed')).token);
      const known = await sql<{ device_id: string }>(
        'SELECT device_id FROM known_devices WHERE user_id = $1',
        signed.user.id,
      );
      const devices = await sql<{ id: string; device_id: string }>(
        'SELECT id, device_id FROM sessions WHERE user_id = $1',
        signed.user.id,
      );
      const deviceOf = ({ session }: Tokens) => devices.find(({ id }) => id === session.id)!.device_id;
      expect(known.map(({ device_id }) => device_id)).toEqual([deviceOf(signed)]);
      expect(deviceOf(added)).not.toBe(deviceOf(signed));
    });

    it('leaves no way in to an intruder who added a passkey and an API key before asking for the change', async () => {
      const own = await createPerson(here, { roles: ['auditor'], verified: true });
      const { email } = own.user;
      const ownKey = await createKey(here, own);
      clock.advance(2 * MINUTE_MS);
      const intruder = await logIn(here, email);
      clock.advance(2 * MINUTE_MS);
      const { authenticator } = await registerPasskey(here, intruder);
      const key = await createKey(here, intruder);
      clock.advance(2 * MINUTE_MS);
      await change(wanted, intruder);
      expect(outcome(await undo((await mailTo(here, email, 'address_changed')).token))).toBe(204);

      const removed = await mailTo(here, email, 'factor_removed');
      expect(await mailsTo(here, wanted, 'factor_removed')).toEqual([]);
      expect(removed.text).toContain('Laptop');
      const begun = await beginAuthentication(here);
      const body = { challenge: begun.challenge, response: authenticator.get(begun) };
      expect(outcome(await here.call({ url: '/auth/passkey', body }))).toBe('invalid_passkey');
      const use = async ({ key: token }: { readonly key: string }) =>
        (await here.call({ url: '/audit/seals', token })).statusCode;
      expect([await use(key), await use(ownKey)]).toEqual([401, 200]);
      const { token } = await mailTo(here, email, 'password_reset');
      const reset = await here.call({
        url: '/auth/password/reset',
        body: { token, newPassword: NEW_PASSWORD },
      });
      expect([outcome(reset), outcome(await login(email, NEW_PASSWORD))]).toEqual([204, 200]);
    });

    it('removes a passkey that was added just after the change, at an instance whose clock is behind', async () => {
      const behind = await startBeside(here, { clock: new LaggingClock(clock, 30_000) });
      try {
        clock.advance(5 * MINUTE_MS);
        await change();
        const { authenticator } = await registerPasskey(behind, signed);
        expect(outcome(await undo((await mailTo(here, old, 'address_changed')).token))).toBe(204);
        const begun = await beginAuthentication(here);
        const body = { challenge: begun.challenge, response: authenticator.get(begun) };
        expect(outcome(await here.call({ url: '/auth/passkey', body }))).toBe('invalid_passkey');
      } finally {
        await behind.close();
      }
    });

    it('works for 7 days, for which its address is taken for everybody else', async () => {
      await change();
      const { token } = await mailTo(here, old, 'address_changed');
      const registration = (email: string) =>
        here.call({ url: '/auth/register', body: { email, password: PASSWORD } });
      expect(outcome(await registration(old.toUpperCase()))).toBe('email_taken');
      const attempts = await sql(
        `SELECT type FROM audit_events WHERE user_id = $1 AND reason = 'email_taken'`,
        signed.user.id,
      );
      expect(attempts).toEqual([{ type: 'user_create_fail' }]);
      const other = await createPerson(here);
      expect((await ask(old, other)).statusCode).toBe(202);
      await mailTo(here, old, 'address_taken');
      expect((await mailsTo(here, old)).map(({ kind }) => kind)).not.toContain('address_change');
      clock.advance(7 * DAY_MS);
      expect(outcome(await undo(token))).toBe('invalid_link');
      expect(outcome(await registration(old))).toBe(201);
    });

    it('is good in its last millisecond', async () => {
      await change();
      const { token } = await mailTo(here, old, 'address_changed');
      clock.advance(7 * DAY_MS - 1);
      expect(outcome(await undo(token))).toBe(204);
    });

    it('lets the account itself go back to its former address', async () => {
      await change();
      clock.advance(1);
      await change(old);
      expect(await me()).toMatchObject({ email: old });
    });

    it('used 16 times at once over two instances happens once', async () => {
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const one = await createPerson(here, { verified: true });
        const to = newAddress();
        await change(to, one);
        const { token } = await mailTo(here, one.user.email, 'address_changed');
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, n) => undo(token, n % 2 ? here : there)),
        );
        expectOneWinner(answers.map(({ statusCode }) => statusCode));
        await settled();
        expect(
          (await mailsTo(here, one.user.email)).filter(({ kind }) => kind === 'password_reset'),
        ).toHaveLength(1);
      }
    });

    it('and finished once more at the same moment: the undo stands', async () => {
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const one = await createPerson(here, { verified: true });
        await change(newAddress(), one);
        const first = await mailTo(here, one.user.email, 'address_changed');
        const third = newAddress();
        await ask(third, one);
        const pending = await mailTo(here, third, 'address_change');
        await Promise.all([
          undo(first.token, here),
          verify({ token: pending.token }, one.accessToken, there),
        ]);
        const [user] = await sql<{ email: string }>('SELECT email FROM users WHERE id = $1', one.user.id);
        expect(user!.email).toBe(one.user.email);
      }
    });

    it('peer fault 15: is not done by a scanner that follows the link', async () => {
      await change();
      const { token } = await mailTo(here, old, 'address_changed');
      for (const method of ['GET', 'HEAD', 'OPTIONS'] as const)
        expect(
          (await here.call({ method, url: `/auth/email/undo?token=${token}` })).statusCode,
        ).toBeGreaterThanOrEqual(400);
      expect(await me()).toMatchObject({ email: wanted });
    });

    it('peer fault 8: takes only the link that was made for it', async () => {
      await ask();
      const { token, code } = await mailTo(here, wanted, 'address_change');
      for (const foreign of [token, code, 'unknown', '', 7, `${token}\0`])
        expect(outcome(await undo(foreign))).toBe('invalid_link');
      expect(outcome(await undo(undefined))).toBe('validation_failed');
      await verify({ token });
      const changed = await mailTo(here, old, 'address_changed');
      expect(outcome(await verify({ token: changed.token }))).toBe('invalid_link');
      expect(
        outcome(
          await undo(
            `${changed.token!.slice(0, -2)}${changed.token!.at(-2) === 'A' ? 'B' : 'A'}${changed.token!.at(-1)}`,
          ),
        ),
      ).toBe('invalid_link');
      expect(outcome(await undo(changed.token))).toBe(204);
    });
  });

  describe('from an address that the account never proved', () => {
    beforeEach(async () => {
      signed = await createPerson(here);
      old = signed.user.email;
    });

    it('cannot be undone: the former address, which may be a stranger’s, gets no link', async () => {
      await change();
      await settled();
      expect((await mailsTo(here, old)).map(({ kind, token }) => [kind, token])).toEqual([
        ['address_changing', null],
      ]);
      expect(outcome(await login(wanted))).toBe(200);
    });

    it('frees the former address at once', async () => {
      await change();
      expect(await register(here, old)).toBe(old);
    });
  });

  describe('back to an address that the account left less than 7 days ago', () => {
    /** Somebody with a session of the account moves it to their own address, and its owner moves it back. */
    const takenAndTakenBack = async () => {
      await change();
      clock.advance(1);
      await change(old);
      return mailTo(here, wanted, 'address_changed');
    };

    it('tells the address that it leaves, without a link and without where it was done', async () => {
      const mail = await takenAndTakenBack();
      expect([mail.link, mail.token]).toEqual([null, null]);
      expect(mail.text).not.toContain('127.0.0.1');
      expect(await me()).toMatchObject({ email: old, emailVerified: true });
    });

    it('cannot be undone either if the address that the account gets back was never proven', async () => {
      signed = await createPerson(here);
      old = signed.user.email;
      const mail = await takenAndTakenBack();
      expect([mail.link, mail.token]).toEqual([null, null]);
      expect(await me()).toMatchObject({ email: old, emailVerified: true });
    });

    it('frees the address that it leaves at once', async () => {
      await takenAndTakenBack();
      expect(await register(here, wanted)).toBe(wanted);
    });

    it('ends the undo links of changes in between, but not the one to the address itself', async () => {
      await change();
      const own = await mailTo(here, old, 'address_changed');
      const third = newAddress();
      await change(third);
      const between = await mailTo(here, wanted, 'address_changed');
      await change(old);
      expect(outcome(await undo(between.token))).toBe('invalid_link');
      expect(outcome(await undo(own.token))).toBe(204);
    });

    it('leaves the undo link of an earlier change alive', async () => {
      await change();
      const first = await mailTo(here, old, 'address_changed');
      clock.advance(1);
      const third = newAddress();
      await change(third);
      clock.advance(1);
      await change(wanted, signed, 2);
      expect(outcome(await undo(first.token))).toBe(204);
    });

    it('is a change like any other once the 7 days are over', async () => {
      await change();
      clock.advance(7 * DAY_MS);
      signed = await openSession(here, wanted);
      await change(old);
      const { token } = await mailTo(here, wanted, 'address_changed');
      expect(outcome(await undo(token))).toBe(204);
    });
  });

  it('is told in the words of the trail', async () => {
    signed = await signUp(here);
    old = signed.user.email;
    await verify({ token: (await mailTo(here, old, 'verification')).token });
    await change();
    await undo((await mailTo(here, old, 'address_changed')).token);
    const events = await sql<{ type: string }>(
      `SELECT type FROM audit_events WHERE user_id = $1 AND type LIKE 'user_email%' ORDER BY position, id`,
      signed.user.id,
    );
    expect(events.map(({ type }) => type)).toEqual([
      'user_email_verified',
      'user_email_change_requested',
      'user_email_changed',
      'user_email_change_undone',
    ]);
  });
});
