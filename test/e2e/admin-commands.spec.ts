import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, newAddress, PASSWORD } from '../support/app/accounts.js';
import { createAccount, createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { enrolTotp } from '../support/app/factors.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { runHere } from '../support/cli/operator-commands.js';

const CHOSEN = 'eleven herons wade past the mill';

describe('An operator', { timeout: 60_000 }, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const admin = (...words: string[]) => runHere(app, words);
  const tokenIn = (link: string) => new URL(link.trim()).hash.slice('#token='.length);
  const accept = async (link: string) =>
    (await app.call({ url: '/auth/invitation', body: { token: tokenIn(link), password: CHOSEN } }))
      .statusCode;
  const events = (email: string) =>
    asSuperuser<{ type: string; details: Record<string, unknown> }>(
      app.database,
      `SELECT type, details FROM audit_events WHERE user_id = (SELECT id FROM users WHERE email = $1)
       AND details ->> 'actor' = 'cli' ORDER BY id`,
      [email],
    );

  it('invites a person by mail, with roles and a name, and again', async () => {
    const email = newAddress();
    const who = ['users', 'invite', email.toUpperCase(), '--name', ' Ada ', '--role', 'auditor', 'admin'];
    const more = ['--locale', 'de', '--json', '--reason', 'joined', '--actor', 'Grace'];
    const invited = await admin(...who, ...more);
    expect(invited.code).toBe(0);
    expect(JSON.parse(invited.stdout)).toMatchObject({
      email,
      displayName: 'Ada',
      roles: ['user', 'auditor', 'admin'],
      locale: 'de',
      status: 'invited',
      passwordSet: false,
    });
    await mailTo(app, email, 'invitation');
    expect(await admin('users', 'invite', email)).toMatchObject({ code: 77, stdout: '' });
    const again = await admin('users', 'invite', email, '--again');
    expect(again).toMatchObject({ code: 0, stdout: 'The invitation is on its way.\n' });
    const { link } = await mailTo(app, email, 'invitation', 2);
    expect(await accept(link!)).toBe(201);
    expect(await admin('users', 'invite', email, '--again')).toMatchObject({ code: 77 });
    const by = { actor: 'cli', operator: 'Grace', auditReason: 'joined' };
    expect((await events(email)).slice(0, 3)).toEqual([
      { type: 'user_created', details: { roles: ['user', 'auditor', 'admin'], ...by } },
      {
        type: 'privilege_permissions_changed',
        details: { granted: ['auditor', 'admin'], revoked: [], ...by },
      },
      { type: 'user_invited', details: by },
    ]);
  });

  it.each([
    ['--role', 'admin'],
    ['--name', 'Grace'],
    ['--locale', 'en'],
  ])('is told that a repeated invitation cannot take %s %s', async (option, value) => {
    const email = newAddress();
    await admin('users', 'invite', email, '--link');
    expect(await admin('users', 'invite', email, '--again', option, value)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('cannot be used with option'),
    });
  });

  it('hands over an invitation instead of mailing it', async () => {
    const email = newAddress();
    const first = await admin('users', 'invite', email, '--link');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http.*#token=\S+\n$/) });
    const second = await admin('users', 'invite', email, '--link', '--again', '--json');
    const { link } = JSON.parse(second.stdout) as { link: string };
    await outboxIsEmpty(app);
    expect(await mailsTo(app, email)).toEqual([]);
    expect(await accept(first.stdout)).toBe(400);
    expect(await accept(link)).toBe(201);
    await logIn(app, email, CHOSEN);
  });

  it('hands over a link to a new password, of which the owner is told, under the login name', async () => {
    const { user } = await createPerson(app);
    const { code, stdout } = await admin('reset-link', user.email);
    expect(code).toBe(0);
    await mailTo(app, user.email, 'link_handed_out');
    const reset = () =>
      app.call({ url: '/auth/password/reset', body: { token: tokenIn(stdout), newPassword: CHOSEN } });
    expect([(await reset()).statusCode, (await reset()).statusCode]).toEqual([204, 400]);
    await logIn(app, user.email, CHOSEN);
    expect((await events(user.email)).map(({ type, details }) => [type, details.operator])).toEqual([
      ['authn_password_reset_requested', userInfo().username],
    ]);
  });

  it('does not take a link that was handed over for a proof of the address, which may be mistyped', async () => {
    const person = await createPerson(app);
    await enrolTotp(app, person, Date.now());
    const { stdout } = await admin('reset-link', person.user.email);
    const body = { token: tokenIn(stdout), newPassword: CHOSEN };
    expect((await app.call({ url: '/auth/password/reset', body })).statusCode).toBe(204);
    const { accessToken: token } = await logIn(app, person.user.email, CHOSEN);
    expect((await app.call({ url: '/users/me', token })).json()).toMatchObject({ emailVerified: false });
    expect((await events(person.user.email)).map(({ type }) => type)).not.toContain('user_email_verified');
  });

  it('gets no link to an account that is disabled, invited or unknown', async () => {
    const { user } = await createPerson(app);
    await admin('users', 'disable', user.email);
    expect(await admin('reset-link', user.email)).toMatchObject({ code: 77, stdout: '' });
    const email = newAddress();
    await admin('users', 'invite', email, '--link');
    expect(await admin('reset-link', email)).toMatchObject({ code: 77, stdout: '' });
    expect(await admin('reset-link', newAddress())).toMatchObject({ code: 67, stdout: '' });
  });

  it('removes the second factors of an account', async () => {
    const person = await createPerson(app);
    await enrolTotp(app, person, Date.now());
    const remove = () => admin('users', 'remove-factors', person.user.email);
    expect(await remove()).toMatchObject({ code: 0, stdout: 'Second factors removed: 1.\n' });
    expect(await remove()).toMatchObject({ code: 0, stdout: 'Second factors removed: 0.\n' });
    await logIn(app, person.user.email);
  });

  it('lists more accounts than a page has, and sees what an administrator sees over HTTP', async () => {
    await asSuperuser(
      app.database,
      `INSERT INTO users (id, email, roles, email_verified, created_at, updated_at)
       SELECT gen_random_uuid(), format('many-%s@example.com', n), '{user}', true, now(), now() FROM generate_series(1, 420) AS n
       ON CONFLICT (email) DO NOTHING`,
    );
    const lines = async (...words: string[]) => {
      const { code, stdout, stderr } = await admin('users', 'list', '--search', 'many-', ...words);
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      return stdout.split('\n').slice(0, -1);
    };
    expect(new Set(await lines('--limit', '1000')).size).toBe(420);
    expect(await lines('--limit', '401')).toHaveLength(401);
    const token = await administrator();
    const page = await app.call({ url: '/admin/users?search=many-&limit=3', token });
    expect((await lines('--json', '--limit', '3')).map((line) => JSON.parse(line) as unknown)).toEqual(
      page.json<{ items: unknown[] }>().items,
    );
    const [first] = page.json<{ items: { id: string }[] }>().items;
    const { stdout } = await admin('users', 'show', first!.id, '--json');
    expect(JSON.parse(stdout)).toEqual((await app.call({ url: `/admin/users/${first!.id}`, token })).json());
  });

  const administrator = async () => {
    const email = await createAccount(app);
    await admin('users', 'roles', email, 'admin');
    return (await logIn(app, email, PASSWORD)).accessToken;
  };

  it('cannot invite by mail in production without a mail server, but by a link', async () => {
    const production = {
      NODE_ENV: 'production',
      COOKIE_SECURE: 'true',
      PUBLIC_URL: 'https://auth.example.org',
      BCRYPT_ROUNDS: '12',
    };
    const email = newAddress();
    const mailed = await runHere(app, ['users', 'invite', email], production);
    expect(mailed).toMatchObject({ code: 78, stdout: '' });
    expect(mailed.stderr).toContain('cannot send mail');
    expect((await admin('users', 'show', email)).code).toBe(67);
    const linked = await runHere(app, ['users', 'invite', email, '--link'], production);
    expect(linked).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^https:\/\/auth\.example\.org\//),
    });
  });

  it('is told 69 while the database is away', async () => {
    const away = {
      DATABASE_URL: 'postgres://portcullis:x@127.0.0.1:1/none',
      DATABASE_MIGRATION_URL: undefined,
    };
    const { code, stdout, stderr } = await runHere(app, ['users', 'invite', newAddress()], away);
    expect([code, stdout]).toEqual([69, '']);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
