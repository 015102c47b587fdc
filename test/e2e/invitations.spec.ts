import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Mailer, NoMailer } from '../../src/platform/mail/mailer.js';
import { newAddress, PASSWORD } from '../support/app/accounts.js';
import { createAccount, createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

const CHOSEN = 'eleven herons wade past the mill';
const HOUR_MS = 3_600_000;

describe('An invitation', { timeout: 60_000 }, () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let token: string;
  let adminId: string;
  beforeAll(async () => {
    app = await startApp({ clock });
    ({ token, adminId } = await administrator());
  });
  afterAll(() => app.close());

  const administrator = async () => {
    const { accessToken, user } = await createPerson(app, { roles: ['admin'] });
    return { token: accessToken, adminId: user.id };
  };
  const ask = (request: TestRequest) => app.call({ token, ...request });
  const invite = async (members: object = {}, locale = 'en') => {
    const email = newAddress();
    const answer = await ask({ url: '/admin/users', body: { email, locale, ...members } });
    if (answer.statusCode !== 201) throw new Error(`${answer.statusCode}: ${answer.body}`);
    const account = answer.json<{ id: string; email: string }>();
    return { account, link: await linkTo(account.email) };
  };
  const linkTo = async (email: string, count = 1) => {
    const { link } = await mailTo(app, email, 'invitation', count);
    return new URL(link!).hash.slice('#token='.length);
  };
  const accept = (link: string, members: object = {}, at = app) =>
    at.call({ url: '/auth/invitation', body: { token: link, password: CHOSEN, ...members } });
  const codeOf = (answer: { statusCode: number; json: () => { code?: string } }) =>
    answer.statusCode < 400 ? String(answer.statusCode) : String(answer.json().code);
  const again = async (id: string) =>
    codeOf(await ask({ method: 'POST', url: `/admin/users/${id}/invitation` }));
  const show = async (id: string) => (await ask({ url: `/admin/users/${id}` })).json<object>();
  const login = async (email: string, password: string) =>
    codeOf(await app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } }));
  const events = async (userId: string) =>
    asSuperuser<{ type: string; details: Record<string, unknown> }>(
      app.database,
      'SELECT type, details FROM audit_events WHERE user_id = $1 ORDER BY id',
      [userId],
    );

  it('makes an account that its owner accepts with a password, which proves the address and gives its roles', async () => {
    const { account, link } = await invite({ displayName: 'Ada', roles: ['auditor'] });
    expect(account).toMatchObject({
      displayName: 'Ada',
      roles: ['user', 'auditor'],
      status: 'invited',
      emailVerified: false,
      passwordSet: false,
      lastLoginAt: null,
      sessions: 0,
    });
    const accepted = await accept(link, { displayName: 'Countess' });
    expect([accepted.statusCode, accepted.json()]).toEqual([
      201,
      expect.objectContaining({
        id: account.id,
        email: account.email,
        displayName: 'Countess',
        roles: ['user', 'auditor'],
        emailVerified: true,
      }),
    ]);
    expect(accepted.headers['set-cookie']).toBeUndefined();
    expect(accepted.json()).not.toHaveProperty('accessToken');
    expect(await show(account.id)).toMatchObject({ status: 'active', passwordSet: true });
    expect(await login(account.email, CHOSEN)).toBe('200');
    const recorded = await events(account.id);
    expect(recorded.map(({ type }) => type).slice(0, 5)).toEqual([
      'user_created',
      'privilege_permissions_changed',
      'user_invited',
      'user_invitation_accepted',
      'user_email_verified',
    ]);
    expect(recorded[0]!.details).toEqual({ roles: ['user', 'auditor'], actorId: adminId });
  });

  it('keeps the name that it gave unless its owner chooses another, and gives the roles of the moment', async () => {
    const { account, link } = await invite({ displayName: 'Ada', roles: ['admin'] });
    await ask({ method: 'PATCH', url: `/admin/users/${account.id}`, body: { roles: [] } });
    expect((await accept(link)).json()).toMatchObject({ displayName: 'Ada', roles: ['user'] });
  });

  it('is written in the language of the account', async () => {
    const { account } = await invite({}, 'de');
    const { subject } = await mailTo(app, account.email, 'invitation');
    expect(subject).toBe('Sie sind zu Portcullis eingeladen');
  });

  it('peer fault 17: is accepted for its own address only, whoever is signed in', async () => {
    const { account, link } = await invite();
    const other = await createPerson(app);
    const accepted = await app.call({
      url: '/auth/invitation',
      body: { token: link, password: CHOSEN },
      token: other.accessToken,
    });
    expect(accepted.json()).toMatchObject({ id: account.id, email: account.email });
    const own = await app.call({ url: '/users/me', token: other.accessToken });
    expect(own.json()).toMatchObject({ id: other.user.id, email: other.user.email, roles: ['user'] });
    for (const member of ['email', 'roles', 'userId']) {
      const again = await invite();
      expect(codeOf(await accept(again.link, { [member]: other.user.email }))).toBe('validation_failed');
    }
  });

  it('is accepted once, of 16 at once on two instances', async () => {
    const beside = await startBeside(app, { clock });
    onTestFinished(() => beside.close());
    const { link } = await invite();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => accept(link, {}, index % 2 === 0 ? app : beside)),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(1);
    // A busy machine may answer 503, which has done nothing either.
    expect(answers.filter(({ statusCode }) => ![201, 400, 503].includes(statusCode))).toEqual([]);
    expect(codeOf(await accept(link))).toBe('invalid_link');
  });

  it('is not used up by a weak password', async () => {
    const { link } = await invite();
    const refused = await accept(link, { password: 'passwordpassword' });
    expect([codeOf(refused), refused.json().errors[0].pointer]).toEqual(['validation_failed', '#/password']);
    expect(codeOf(await accept(link))).toBe('201');
  });

  it('is valid for 72 hours; the account stays invited, and a new link takes the place of the old', async () => {
    const { account, link } = await invite();
    clock.advance(72 * HOUR_MS);
    ({ token, adminId } = await administrator());
    expect(codeOf(await accept(link))).toBe('invalid_link');
    expect(await show(account.id)).toMatchObject({ status: 'invited' });
    expect(await again(account.id)).toBe('202');
    // The mailbox keeps mails for a day only.
    const second = await linkTo(account.email);
    expect(await again(account.id)).toBe('202');
    const third = await linkTo(account.email, 2);
    expect(codeOf(await accept(second))).toBe('invalid_link');
    expect(codeOf(await accept(third))).toBe('201');
    expect(await again(account.id)).toBe('wrong_status');
  });

  it('lets nobody in before it is accepted; who forgot the password of one gets the invitation again', async () => {
    const { account } = await invite();
    const { email } = account;
    expect(await login(email, CHOSEN)).toBe('invalid_credentials');
    expect(await login(email, '')).not.toBe('200');
    for (const url of ['/auth/password/forgot', '/auth/email/verification'])
      expect((await app.call({ url, body: { email } })).statusCode).toBe(202);
    const reset = await ask({ method: 'POST', url: `/admin/users/${account.id}/password-reset` });
    expect(codeOf(reset)).toBe('wrong_status');
    await outboxIsEmpty(app);
    expect((await mailsTo(app, email)).map(({ kind }) => kind)).toEqual(['invitation', 'invitation']);
    expect(codeOf(await app.call({ url: '/auth/register', body: { email, password: PASSWORD } }))).toBe(
      'email_taken',
    );
    expect(await show(account.id)).toMatchObject({ status: 'invited', passwordSet: false });
  });

  it('is sent again where a registration must not tell that the address is taken', async () => {
    const { account } = await invite();
    const strict = await startBeside(app, { clock, variables: { REQUIRE_VERIFIED_EMAIL: 'true' } });
    onTestFinished(() => strict.close());
    const body = { email: account.email, password: PASSWORD };
    expect((await strict.call({ url: '/auth/register', body })).statusCode).toBe(202);
    expect(codeOf(await accept(await linkTo(account.email, 2)))).toBe('201');
    expect(await login(account.email, PASSWORD)).toBe('invalid_credentials');
  });

  it('dies when the account is disabled or deleted', async () => {
    const disabled = await invite();
    await ask({ method: 'PATCH', url: `/admin/users/${disabled.account.id}`, body: { disabled: true } });
    expect(codeOf(await accept(disabled.link))).toBe('invalid_link');
    expect(await again(disabled.account.id)).toBe('wrong_status');
    await ask({ method: 'PATCH', url: `/admin/users/${disabled.account.id}`, body: { disabled: false } });
    expect(codeOf(await accept(disabled.link))).toBe('invalid_link');
    expect(await show(disabled.account.id)).toMatchObject({ status: 'invited' });
    const deleted = await invite();
    await ask({ method: 'DELETE', url: `/admin/users/${deleted.account.id}` });
    expect(codeOf(await accept(deleted.link))).toBe('invalid_link');
  });

  it('does not make an administrator who counts as the last one', async () => {
    await invite({ roles: ['admin'] });
    await asSuperuser(
      app.database,
      `UPDATE users SET disabled_at = now() WHERE 'admin' = ANY (roles) AND invited_at IS NULL AND id <> $1`,
      [adminId],
    );
    const answer = await ask({ method: 'PATCH', url: `/admin/users/${adminId}`, body: { disabled: true } });
    expect(codeOf(answer)).toBe('last_administrator');
  });

  it('is refused for an address that has an account, in any spelling', async () => {
    const email = await createAccount(app);
    const body = { email: email.toUpperCase() };
    expect(codeOf(await ask({ url: '/admin/users', body }))).toBe('email_taken');
    const attempts = await asSuperuser(
      app.database,
      `SELECT details->>'actorId' AS actor FROM audit_events JOIN users ON users.id = user_id
       WHERE reason = 'email_taken' AND users.email = $1`,
      [email],
    );
    expect(attempts).toEqual([{ actor: adminId }]);
  });

  it('needs mail: without it, the answer is 503 and nobody is made', async () => {
    const silent = await startBeside(app, {
      clock,
      override: (builder) => builder.overrideProvider(Mailer).useValue(new NoMailer()),
    });
    onTestFinished(() => silent.close());
    const email = newAddress();
    expect(codeOf(await silent.call({ url: '/admin/users', body: { email }, token }))).toBe(
      'mail_unconfigured',
    );
    expect(await asSuperuser(app.database, 'SELECT id FROM users WHERE email = $1', [email])).toEqual([]);
  });
});
