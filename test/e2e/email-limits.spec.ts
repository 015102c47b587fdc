import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mailer, NoMailer } from '../../src/platform/mail/mailer.js';
import { newAddress, PASSWORD, signUp } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, outboxIsEmpty } from '../support/app/mails.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

type Answer = Awaited<ReturnType<TestApp['call']>>;

const violated = (answer: Answer) => answer.json<{ 'violated-policies'?: string[] }>()['violated-policies'];

let clients = 0;
/** Header fields of a client whose address no other request uses. */
const newClient = () => ({ 'x-forwarded-for': `198.51.100.${(clients += 1)}` });

describe('the limits of requests about addresses', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      variables: {
        TRUSTED_PROXIES: '127.0.0.1',
        RATE_LIMIT_MAIL: '3/3600',
        RATE_LIMIT_MAIL_ADDRESS: '10/3600',
        RATE_LIMIT_SECRET: '10/60',
      },
    });
  });
  afterAll(() => app.close());

  const ask = (email: string, headers: Record<string, string> = newClient()) =>
    app.call({ url: '/auth/email/verification', body: { email }, headers });

  it('admit three verification mails an hour for an address, with or without an account, from any client', async () => {
    const known = (await signUp(app)).user.email;
    for (const email of [known, newAddress()]) {
      for (const spelling of [email, email.toUpperCase(), ` ${email}`])
        expect((await ask(spelling)).statusCode).toBe(202);
      const refused = await ask(email);
      expect([refused.statusCode, violated(refused)]).toEqual([429, ['mail']]);
    }
    await outboxIsEmpty(app);
    expect(await mailsTo(app, known, 'verification')).toHaveLength(4);
  });

  it('count changes of address apart from them, by the new address', async () => {
    const { accessToken: token, user } = await signUp(app);
    const change = (email: string) =>
      app.call({ url: '/users/me/email', body: { email }, token, headers: newClient() });
    const wanted = newAddress();
    for (let n = 1; n <= 3; n += 1) expect((await change(wanted)).statusCode).toBe(202);
    expect(violated(await change(wanted))).toEqual(['mail']);
    expect((await change(newAddress())).statusCode).toBe(202);
    expect((await ask(wanted)).statusCode).toBe(202);
    expect((await ask(user.email)).statusCode).toBe(202);
  });

  it('admit ten requests for mails an hour from a client address', async () => {
    const client = newClient();
    for (let n = 1; n <= 10; n += 1) expect((await ask(newAddress(), client)).statusCode).toBe(202);
    expect(violated(await ask(newAddress(), client))).toEqual(['mail-address']);
  });

  it('admit ten links and codes a minute from a client address, over all routes together', async () => {
    const client = newClient();
    const use = (route: string) =>
      app.call({
        url: `/auth/email/${route}`,
        body: { token: 'wrong', password: undefined },
        headers: client,
      });
    for (let n = 1; n <= 10; n += 1)
      expect((await use(n % 2 ? 'undo' : 'verify')).statusCode).toBe(n % 2 ? 400 : 401);
    for (const route of ['undo', 'verify']) expect(violated(await use(route))).toEqual(['secret']);
  });
});

describe('without a mail server in production', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      override: (builder) => builder.overrideProvider(Mailer).useValue(new NoMailer()),
    });
  });
  afterAll(() => app.close());

  it('registration proceeds without its mail, and without a secret that nobody gets', async () => {
    const { user } = await signUp(app);
    const rows = await asSuperuser(
      app.database,
      'SELECT id FROM single_use_secrets WHERE subject = $1 UNION ALL SELECT id FROM outbox_messages',
      [user.id],
    );
    expect(rows).toEqual([]);
  });

  it('what needs a mail is refused', async () => {
    const { accessToken: token, user } = await signUp(app);
    const answers = [
      await app.call({ url: '/auth/email/verification', body: { email: user.email } }),
      await app.call({ url: '/auth/email/verification', body: { email: newAddress() } }),
      await app.call({ url: '/users/me/email', body: { email: newAddress() }, token }),
      await app.call({ url: '/auth/email/undo', body: { token: 'unknown' } }),
    ];
    for (const answer of answers)
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'mail_unconfigured']);
    const verification = { token: 'unknown', password: PASSWORD };
    const verified = await app.call({ url: '/auth/email/verify', body: verification });
    expect(verified.json().code).toBe('invalid_link');
  });
});
