import type { Email } from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { logIn, newAddress, PASSWORD, register } from '../../support/app/accounts.js';
import { createPerson, openSession } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { type MailServer, startMailServer } from '../../support/servers/mail-server.js';
import { startService } from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const NODE = [process.execPath, 'scripts/start.cjs'] as const;

/** The newest mail to an address with this in its link, once it has arrived. */
const mailFrom = ({ received }: MailServer, to: string, page: string): Promise<Email> =>
  eventually(async () => {
    const mail = received.findLast(
      (one) => one.to?.[0]?.address === to && one.text?.includes(`/account/${page}#token=`),
    );
    if (!mail) throw new Error(`no mail to ${to} leads to ${page}; ${received.length} have arrived`);
    return mail;
  });
const tokenIn = ({ text }: Email) => /#token=([\w-]{22,})/.exec(text ?? '')![1]!;

describe('the flows that start in a mail, over a real SMTP server', () => {
  let server: MailServer;
  let app: TestApp;
  beforeAll(async () => {
    server = await startMailServer();
    app = await startApp({ variables: { SMTP_URL: server.url, MAIL_FROM: 'Ops <ops@example.org>' } });
  });
  afterAll(async () => {
    await app.close();
    await server.stop();
  });

  const post = async (url: string, body: object, token?: string) =>
    (await app.call({ url, body, ...(token !== undefined && { token }) })).statusCode;
  const profile = async (token: string) => app.call({ url: '/users/me', token });
  const tokenTo = async (to: string, page: string) => tokenIn(await mailFrom(server, to, page));

  it('verify an address by the link, as text and as HTML', async () => {
    const { user, accessToken } = await openSession(app, await register(app));
    const mail = await mailFrom(server, user.email, 'verify');
    expect(mail.html).toContain(`#token=${tokenIn(mail)}`);
    expect(await post('/auth/email/verify', { token: tokenIn(mail) }, accessToken)).toBe(204);
    expect((await profile(accessToken)).json().emailVerified).toBe(true);
  });

  it('set a new password and end every session', async () => {
    const { user, accessToken } = await createPerson(app);
    expect(await post('/auth/password/forgot', { email: user.email })).toBe(202);
    const token = await tokenTo(user.email, 'reset');
    expect(await post('/auth/password/reset', { token, newPassword: NEW_PASSWORD })).toBe(204);
    expect((await profile(accessToken)).statusCode).toBe(401);
    expect((await logIn(app, user.email, NEW_PASSWORD)).user.id).toBe(user.id);
  });

  it('change an address, and undo that from the former one', async () => {
    const { user, accessToken } = await createPerson(app, { verified: true });
    const changed = newAddress();
    expect(await post('/users/me/email', { email: changed }, accessToken)).toBe(202);
    const proof = await eventually(async () => tokenTo(changed, 'verify'));
    expect(await post('/auth/email/verify', { token: proof }, accessToken)).toBe(204);
    expect((await profile(accessToken)).json().email).toBe(changed);
    expect(await post('/auth/email/undo', { token: await tokenTo(user.email, 'undo') })).toBe(204);
    expect((await profile(accessToken)).statusCode).toBe(401);
    const token = await tokenTo(user.email, 'reset');
    expect(await post('/auth/password/reset', { token, newPassword: NEW_PASSWORD })).toBe(204);
    expect((await logIn(app, user.email, NEW_PASSWORD)).user.id).toBe(user.id);
  });

  it('end the session of a new device', async () => {
    const own = await createPerson(app, { verified: true });
    const { email } = own.user;
    const stolen = await logIn(app, email);
    expect(await post('/auth/sessions/disown', { token: await tokenTo(email, 'device') })).toBe(204);
    expect((await profile(stolen.accessToken)).statusCode).toBe(401);
    expect((await profile(own.accessToken)).statusCode).toBe(200);
    expect(await tokenTo(email, 'reset')).toMatch(/^[\w-]{43}$/);
  });

  it('keep their secrets encrypted while the server refuses the mail', async () => {
    server.refusal = 'try again later';
    onTestFinished(() => void (server.refusal = null));
    const email = await register(app);
    const stored = await eventually(async () => {
      const rows = await asSuperuser<{ row: string }>(
        app.database,
        `SELECT o::text AS row FROM outbox_messages o WHERE attempts > 0 AND state = 'pending'`,
      );
      if (rows.length === 0) throw new Error('no attempt has failed yet');
      return rows.map(({ row }) => row).join('\n');
    });
    server.refusal = null;
    const token = await tokenTo(email, 'verify');
    expect(stored).not.toContain(email);
    expect(stored).not.toContain(token);
  });
});

describe('a mail whose request was answered', () => {
  it(
    'is sent by the next process when the first is killed between two attempts',
    { timeout: 120_000 },
    async () => {
      const server = await startMailServer();
      onTestFinished(() => server.stop());
      server.refusal = 'try again later';
      const env = { DATA_DIR: await temporaryFolder(), SMTP_URL: server.url };
      const first = await startService({ command: NODE, env });
      await first.ready;
      const email = newAddress();
      const answer = await fetch(`${first.url}/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password: PASSWORD }),
      });
      expect(answer.status).toBe(201);
      await eventually(() => expect(first.output()).toContain('Message not delivered; will be retried'));
      first.child.kill('SIGKILL');
      await first.ended;
      expect(server.received).toEqual([]);

      server.refusal = null;
      const second = await startService({ command: NODE, env });
      onTestFinished(async () => {
        second.child.kill('SIGTERM');
        await second.ended;
      });
      await second.ready;
      expect(tokenIn(await mailFrom(server, email, 'verify'))).toMatch(/^[\w-]{43}$/);
      expect(server.received).toHaveLength(1);
    },
  );
});
