import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { PasswordHasher } from '../../src/auth/credentials/passwords/password-hasher.js';
import { OutboxWorker } from '../../src/platform/outbox/outbox-worker.js';
import { logIn, newAddress, PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp, type TestAppOptions } from '../support/app/test-app.js';
import { expectAlikeInTime } from '../support/time/compared-medians.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { beginAuthentication, registerPasskey } from '../support/app/passkeys.js';

const STRICT = { REQUIRE_VERIFIED_EMAIL: 'true' };
const OTHER_PASSWORD = 'nine crows argue over a roof';
const AT_ONCE = 16;

type Answer = Awaited<ReturnType<TestApp['call']>>;

const shownOf = ({ statusCode, headers, body }: Answer) => ({
  statusCode,
  body,
  headers: { ...headers, 'x-request-id': 'its own', date: 'its own' },
});
const outcome = (answer: Answer) =>
  answer.statusCode < 400 ? answer.statusCode : String(answer.json().code);
const registration = (app: TestApp, email: string, password = PASSWORD, more: object = {}) =>
  app.call({ url: '/auth/register', body: { email, password, ...more } });
const login = (app: TestApp, email: string, password = PASSWORD) =>
  app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } });
const sql = <Row extends object>({ database }: TestApp, text: string, ...values: unknown[]) =>
  asSuperuser<Row & Record<string, unknown>>(database, text, values);

describe('REQUIRE_VERIFIED_EMAIL', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock, variables: STRICT });
  });
  afterAll(() => app.close());

  const settled = () => outboxIsEmpty(app);
  const kindsTo = async (to: string) => (await mailsTo(app, to)).map(({ kind }) => kind);
  /** A new account whose address is not proven. */
  const unproven = async () => {
    const email = newAddress();
    expect((await registration(app, email)).statusCode).toBe(202);
    return email;
  };
  const proven = () => createAccount(app, { verified: true });

  it('has registration answer alike for new and taken addresses, in any spelling', async () => {
    const [waiting, owned] = [await unproven(), await proven()];
    const answers = [];
    for (const email of [newAddress(), waiting, owned, owned.toUpperCase()])
      answers.push(shownOf(await registration(app, email, OTHER_PASSWORD)));
    expect(answers[0]).toMatchObject({ statusCode: 202, body: '' });
    for (const other of answers) expect(other).toEqual(answers[0]);
  });

  it('takes the same time for new and taken addresses', async () => {
    const samples = 20;
    const taken: string[] = [];
    while (taken.length < samples) taken.push(await createAccount(app));
    const attempts = {
      new: () => registration(app, newAddress(), OTHER_PASSWORD),
      taken: (sample: number) => registration(app, taken[sample]!, OTHER_PASSWORD),
    };
    await expectAlikeInTime(attempts, { samples, floorMs: 5 });
  });

  it('records whose address was taken, and does not show them who tried', async () => {
    const { user, accessToken: token } = await createPerson(app, { verified: true });
    await registration(app, user.email, OTHER_PASSWORD);
    const shown = async () => {
      clock.advance(1);
      const { trail } = (await app.call({ url: '/users/me/export', token })).json<{
        trail: { entries: { type: string; route: string | null; address: string | null }[] };
      }>();
      return trail.entries.filter(
        ({ type, route }) => type === 'user_create_fail' || route === '/auth/register',
      );
    };
    await vi.waitFor(
      async () =>
        expect(await shown()).toMatchObject([
          { type: 'user_create_fail', outcome: 'failure', reason: 'email_taken', address: null },
          { type: 'api_call', outcome: 'success', status: 202, address: null },
        ]),
      10_000,
    );
  });

  it('refuses an unfit password alike', async () => {
    const answers = [];
    for (const email of [newAddress(), await proven()]) {
      const { statusCode, json } = await registration(app, email, 'short');
      answers.push([statusCode, json().code]);
    }
    expect(answers).toEqual([
      [400, 'validation_failed'],
      [400, 'validation_failed'],
    ]);
  });

  it('tells the owner of a taken address by mail, offers a new password, and changes nothing', async () => {
    for (const email of [await unproven(), await proven()]) {
      const before = await sql(app, 'SELECT * FROM users WHERE email = $1', email);
      await registration(app, email, OTHER_PASSWORD, { displayName: 'Buy Pills', locale: 'de' });
      const mail = await mailTo(app, email, 'registration_taken');
      expect(mail.link).toBe(`http://localhost:3000/account/reset#token=${mail.token}`);
      expect(mail.subject + mail.text + mail.html).not.toContain('Pills');
      expect(mail.text).toContain('already');
      expect(await sql(app, 'SELECT * FROM users WHERE email = $1', email)).toEqual(before);
      expect(outcome(await login(app, email, OTHER_PASSWORD))).toBe('invalid_credentials');
      const reset = await app.call({
        url: '/auth/password/reset',
        body: { token: mail.token, newPassword: OTHER_PASSWORD },
      });
      expect(reset.statusCode, reset.body).toBe(204);
      expect(outcome(await login(app, email, OTHER_PASSWORD))).toBe(200);
    }
  });

  it('peer fault 44: the owner of an address that somebody else registered takes the account over whole', async () => {
    const email = await unproven();
    await registration(app, email, OTHER_PASSWORD);
    const { token } = await mailTo(app, email, 'registration_taken');
    await app.call({ url: '/auth/password/reset', body: { token, newPassword: OTHER_PASSWORD } });
    expect(outcome(await login(app, email, PASSWORD))).toBe('invalid_credentials');
    const proof = await mailTo(app, email, 'verification');
    const late = await app.call({
      url: '/auth/email/verify',
      body: { token: proof.token, password: OTHER_PASSWORD },
    });
    expect(outcome(late)).toBe('invalid_link');
  });

  it('refuses the right password of an unproven account, and sends the mail again', async () => {
    const email = await unproven();
    await mailTo(app, email, 'verification');
    const refused = await login(app, email);
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'email_unverified']);
    expect(refused.headers['set-cookie']).toBeUndefined();
    const { token } = await mailTo(app, email, 'verification', 2);
    expect(outcome(await login(app, email, OTHER_PASSWORD))).toBe('invalid_credentials');
    await app.call({ url: '/auth/email/verify', body: { token, password: PASSWORD } });
    expect(outcome(await login(app, email))).toBe(200);
    const events = await sql<{ type: string; reason: string }>(
      app,
      'SELECT type, reason FROM audit_events WHERE request_id = $1',
      refused.headers['x-request-id'],
    );
    expect(events).toEqual([{ type: 'authn_login_unverified', reason: 'email_unverified' }]);
  });

  it('refuses the passkey of an unproven account, sends the mail again, and leaves the challenge valid', async () => {
    const person = await createPerson(app, { verified: true });
    const { email, id } = person.user;
    const { authenticator } = await registerPasskey(app, person);
    const begun = await beginAuthentication(app);
    const response = authenticator.get(begun, { userVerified: true });
    const signIn = () => app.call({ url: '/auth/passkey', body: { challenge: begun.challenge, response } });
    await sql(app, 'UPDATE users SET email_verified = false WHERE id = $1', id);
    expect(outcome(await signIn())).toBe('email_unverified');
    await mailTo(app, email, 'verification');
    const refusals = `SELECT reason FROM audit_events WHERE user_id = $1 AND type = 'authn_login_unverified'`;
    expect(await sql(app, refusals, id)).toEqual([{ reason: 'email_unverified' }]);
    await sql(app, 'UPDATE users SET email_verified = true WHERE id = $1', id);
    expect(outcome(await signIn())).toBe(200);
  });

  it('neither counts the right password of an unproven account as a guess nor forgets guesses by it', async () => {
    const email = await unproven();
    for (let n = 1; n <= 12; n += 1) expect(outcome(await login(app, email))).toBe('email_unverified');
    for (let n = 1; n <= 9; n += 1)
      expect(outcome(await login(app, email, OTHER_PASSWORD))).toBe('invalid_credentials');
    expect(outcome(await login(app, email))).toBe('email_unverified');
    expect(outcome(await login(app, email, OTHER_PASSWORD))).toBe('invalid_credentials');
    expect(outcome(await login(app, email))).toBe('rate_limited');
  });

  it('sends at most three mails of a kind an hour, tags removed, and makes no secret beyond them', async () => {
    const email = await unproven();
    for (let n = 1; n <= 4; n += 1) await login(app, email);
    for (let n = 1; n <= 5; n += 1) await registration(app, email);
    await settled();
    const kinds = await kindsTo(email);
    expect(kinds.filter((kind) => kind === 'verification')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'registration_taken')).toHaveLength(3);
    const [{ count } = { count: '' }] = await sql<{ count: string }>(
      app,
      'SELECT count(*) FROM single_use_secrets JOIN users ON users.id = subject WHERE email = $1',
      email,
    );
    expect(count).toBe('6');
    const tagged = email.replace('@', '+tag@');
    await registration(app, tagged);
    await settled();
    expect(await kindsTo(tagged)).toEqual([]);
    clock.advance(3_600_000);
    await login(app, email);
    await mailTo(app, email, 'verification', 4);
  });

  it('makes one account of 16 registrations of one address at once', async () => {
    const email = newAddress();
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) => registration(app, n % 2 ? email : email.toUpperCase())),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    expect(await sql(app, 'SELECT id FROM users WHERE email = $1', email)).toHaveLength(1);
    await settled();
    const kinds = await kindsTo(email);
    expect(kinds.filter((kind) => kind === 'verification')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'registration_taken')).toHaveLength(3);
  });

  it('registers nobody with an address that a change can still be undone to', async () => {
    const email = await proven();
    const { accessToken: token } = await openSession(app, email);
    const wanted = newAddress();
    await app.call({ url: '/users/me/email', body: { email: wanted }, token });
    const change = await mailTo(app, wanted, 'address_change');
    await app.call({ url: '/auth/email/verify', body: { token: change.token }, token });
    expect((await registration(app, email, OTHER_PASSWORD)).statusCode).toBe(202);
    expect(await sql(app, 'SELECT id FROM users WHERE email = $1', email)).toEqual([]);
    expect(
      await sql(
        app,
        `SELECT user_id = users.id AS "isOfTheirs" FROM audit_events, users WHERE reason = 'email_taken' AND users.email = $1
         ORDER BY time DESC LIMIT 1`,
        wanted,
      ),
    ).toEqual([{ isOfTheirs: true }]);
    await settled();
    expect(await kindsTo(email)).not.toContain('registration_taken');
    expect(await kindsTo(email)).not.toContain('verification');
  });
});

describe('switching REQUIRE_VERIFIED_EMAIL on', () => {
  const BOOTSTRAP = {
    BOOTSTRAP_ADMIN_EMAIL: 'root@example.com',
    BOOTSTRAP_ADMIN_PASSWORD: OTHER_PASSWORD,
  };
  let before: TestApp;
  let after: TestApp;
  beforeAll(async () => {
    before = await startApp({ variables: BOOTSTRAP });
    after = await startBeside(before, { variables: { ...STRICT, ...BOOTSTRAP } });
  });
  afterAll(async () => {
    await after.close();
    await before.close();
  });

  it('ends no session, and asks for the proof at the next login', async () => {
    const { accessToken: token, refreshToken, user } = await createPerson(before);
    expect((await after.call({ url: '/users/me', token })).statusCode).toBe(200);
    const refreshed = await after.call({ url: '/auth/refresh', body: { refreshToken } });
    expect(refreshed.statusCode).toBe(200);
    expect(outcome(await login(after, user.email))).toBe('email_unverified');
  });

  it('leaves the administrator of the start in, whose address counts as proven', async () => {
    const { user } = await logIn(after, 'root@example.com', OTHER_PASSWORD);
    expect(user).toMatchObject({ emailVerified: true });
  });
});

describe('REGISTRATION=invitation', () => {
  it('closes registration for new and taken addresses alike', async () => {
    const app = await startApp({ variables: { REGISTRATION: 'invitation' } });
    onTestFinished(() => app.close());
    for (const password of [PASSWORD, 'short']) {
      const answer = await registration(app, newAddress(), password);
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'registration_closed']);
    }
    expect(await sql(app, 'SELECT id FROM users')).toEqual([]);
  });
});

/** Nothing leaves the outbox of an application that is started with this. */
const idleOutbox: TestAppOptions['override'] = (builder) =>
  builder.overrideProvider(OutboxWorker).useValue({
    onApplicationBootstrap: () => undefined,
    onModuleDestroy: () => undefined,
  });

describe('a mail about a taken address', () => {
  it('is not sent once the reset link in it has expired', async () => {
    const clock = new ManualClock(Date.now());
    const waiting = await startApp({ clock, variables: STRICT, override: idleOutbox });
    onTestFinished(() => waiting.close());
    const email = await createAccount(waiting, { verified: true });
    await registration(waiting, email);
    clock.advance(31 * 60_000);
    const sending = await startBeside(waiting, { clock, variables: STRICT });
    onTestFinished(() => sending.close());
    await outboxIsEmpty(sending);
    expect(await mailsTo(sending, email)).toEqual([]);
  });
});

describe('whether there is an account shows in no statement and no hash', () => {
  /** The tables of accounts and mails; other statements are of the service's own rounds. */
  const OF_A_REQUEST =
    /\b(users|password_credentials|login_failures|single_use_secrets|mail_bounds|outbox_messages)\b|INSERT INTO "?audit_events\b/;
  /** The round of erasures asks whether accounts exist. */
  const OF_A_ROUND = /\berasures\b/;
  let app: TestApp;
  beforeAll(async () => {
    // So that every statement seen is of the request.
    app = await startApp({ variables: STRICT, override: idleOutbox });
    // The first login of a process reads the costs of all stored hashes.
    await logIn(app, await createAccount(app, { verified: true }));
  });
  afterAll(() => app.close());

  const costOf = async (request: () => Promise<Answer>) => {
    let hashes = 0;
    const hasher = app.app.get(PasswordHasher, { strict: false });
    const counting = hasher.completed.subscribe(() => (hashes += 1));
    const queries = vi.spyOn(Client.prototype, 'query');
    onTestFinished(() => queries.mockRestore());
    const { statusCode } = await request();
    const statements = queries.mock.calls
      .map(([query]: unknown[]) =>
        typeof query === 'string' ? query : String((query as { text?: unknown }).text),
      )
      .filter((text) => OF_A_REQUEST.test(text) && !OF_A_ROUND.test(text));
    queries.mockRestore();
    counting.unsubscribe();
    return { statusCode, hashes, statements };
  };

  it('of a registration', async () => {
    const taken = await createAccount(app, { verified: true });
    const waiting = await createAccount(app);
    const costs = [];
    for (const email of [newAddress(), taken, waiting])
      costs.push(await costOf(() => registration(app, email, OTHER_PASSWORD)));
    expect(costs[0]!.hashes).toBe(1);
    expect(costs[0]!.statements.length).toBeGreaterThan(5);
    for (const other of costs) expect(other).toEqual(costs[0]);
  });

  it('of a request for the proof of an address', async () => {
    const owned = await createAccount(app, { verified: true });
    const waiting = await createAccount(app);
    const costs = [];
    for (const email of [newAddress(), owned, waiting])
      costs.push(await costOf(() => app.call({ url: '/auth/email/verification', body: { email } })));
    expect(costs[0]).toMatchObject({ statusCode: 202, hashes: 0 });
    expect(costs[0]!.statements).toHaveLength(1);
    for (const other of costs) expect(other).toEqual(costs[0]);
  });

  it('of a change of address', async () => {
    const own = await createAccount(app, { verified: true });
    const taken = await createAccount(app, { verified: true });
    const { accessToken: token } = await openSession(app, own);
    const costs = [];
    for (const email of [newAddress(), taken])
      costs.push(await costOf(() => app.call({ url: '/users/me/email', body: { email }, token })));
    expect(costs[0]!.statusCode).toBe(202);
    expect(costs[0]!.statements.length).toBeGreaterThan(5);
    expect(costs[1]).toEqual(costs[0]);
  });

  it('of a change of address, nor where the owner of the address has been told often enough', async () => {
    const [free, taken] = [newAddress(), await createAccount(app, { verified: true })];
    const [one, other] = [
      await createPerson(app, { verified: true }),
      await createPerson(app, { verified: true }),
    ];
    const ask = (email: string, { accessToken: token }: Tokens) =>
      costOf(() => app.call({ url: '/users/me/email', body: { email }, token }));
    for (const email of [free, taken]) for (let n = 1; n <= 3; n += 1) await ask(email, one);
    for (const who of [other, one]) {
      await ask(newAddress(), who);
      const costs = [await ask(free, who), await ask(taken, who)];
      expect(costs[0]!.statements.length).toBeGreaterThan(5);
      expect(costs[1]).toEqual(costs[0]);
    }
  });

  it('of a link that is not valid', async () => {
    const costs = [];
    for (const token of ['unknown', 'A'.repeat(43), ''])
      costs.push(
        await costOf(() => app.call({ url: '/auth/email/verify', body: { token, password: PASSWORD } })),
      );
    expect(costs[0]).toMatchObject({ statusCode: 400, hashes: 1 });
    for (const other of costs) expect(other).toEqual(costs[0]);
  });
});
