import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import { newAddress } from '../support/app/accounts.js';
import { createAccount } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { type MailServer, startMailServer } from '../support/servers/mail-server.js';
import { expectAlikeInTime } from '../support/time/compared-medians.js';
import { eventually } from '../support/time/eventually.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const CLASSES = ['unknown', 'open', 'disabled'] as const;
const MINUTE_MS = 60_000;

/** What is different in any two responses. */
const OWN_VALUES = new Set(['x-request-id', 'date']);

const forgot = ({ call }: TestApp, email: string) => call({ url: '/auth/password/forgot', body: { email } });
const reset = ({ call }: TestApp, token: unknown) =>
  call({ url: '/auth/password/reset', body: { token, newPassword: NEW_PASSWORD } });

describe('a request for a new password does not reveal whether there is an account:', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  async function addressOf(kind: (typeof CLASSES)[number]): Promise<string> {
    const email = kind === 'unknown' ? newAddress() : await createAccount(app);
    if (kind === 'disabled')
      await app.app.get(AccountAdministration, { strict: false }).disable(email, internalOrigin('operator'));
    return email;
  }
  const addresses = () => Promise.all(CLASSES.map(addressOf));
  const settled = () =>
    eventually(async () =>
      expect(
        await asSuperuser(app.database, `SELECT id FROM outbox_messages WHERE state = 'pending'`),
      ).toEqual([]),
    );

  it('stores with the address only where it came from', async () => {
    const enqueued = vi.spyOn(app.app.get(Outbox, { strict: false }), 'enqueue');
    const email = newAddress();
    await forgot(app, email);
    const [message] = enqueued.mock.calls[0]![1];
    enqueued.mockRestore();
    const origin = {
      requestId: expect.any(String),
      ip: '127.0.0.1',
      network: '127.0.0.1',
      userAgent: 'lightMyRequest',
    };
    expect(message!.payload).toEqual({ email, origin });
  });

  it('peer fault 59: not by its status, body or header fields', async () => {
    const shown = [];
    for (const email of await addresses()) {
      const { statusCode, headers, body } = await forgot(app, email);
      const fields = Object.entries(headers).map(([name, value]) =>
        OWN_VALUES.has(name) ? [name] : [name, value],
      );
      shown.push({ statusCode, fields, body });
    }
    expect(shown[0]).toMatchObject({ statusCode: 202, body: '' });
    for (const other of shown) expect(other).toEqual(shown[0]);
  });

  it('peer fault 59: not by the statements before the response', async () => {
    const logs = [];
    for (const email of await addresses()) {
      await settled();
      const queries = vi.spyOn(Client.prototype, 'query');
      onTestFinished(() => queries.mockRestore());
      await forgot(app, email);
      const texts = queries.mock.calls.map(([query]: unknown[]) =>
        typeof query === 'string' ? query : String((query as { text?: unknown }).text),
      );
      queries.mockRestore();
      // The worker of the outbox runs beside the requests, whether there are any or not.
      logs.push(
        texts.filter((text) => /INSERT INTO "?outbox_messages|\busers\b|single_use_secrets/.test(text)),
      );
    }
    expect(logs[0]).toHaveLength(1);
    for (const log of logs) expect(log).toEqual(logs[0]);
  });

  it('peer fault 59: not by its time', async () => {
    const emails = await addresses();
    const attempts = CLASSES.map((kind, index) => [kind, () => forgot(app, emails[index]!)]);
    await expectAlikeInTime(Object.fromEntries(attempts), { floorMs: 5 });
  });

  it('peer fault 59: nor does a link that is not valid, whatever it was once', async () => {
    const shown = [];
    for (const token of ['kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE', '', 7]) {
      const answer = await reset(app, token);
      shown.push({ ...answer.json(), requestId: 'its own' });
    }
    for (const other of shown) expect(other).toEqual(shown[0]);
  });
});

describe('requests for a new password', () => {
  it('are limited to three an hour for an address, whether or not there is an account', async () => {
    const app = await startApp({ variables: { RATE_LIMIT_MAIL: '3/3600' } });
    onTestFinished(() => app.close());
    for (const email of [await createAccount(app), newAddress()]) {
      const statuses = [];
      for (const spelling of [email, email.toUpperCase(), ` ${email}`, email])
        statuses.push((await forgot(app, spelling)).statusCode);
      expect(statuses).toEqual([202, 202, 202, 429]);
      const refused = await forgot(app, email);
      expect(refused.json()['violated-policies']).toEqual(['mail']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    }
  });

  it('are limited to ten an hour for a client, and the use of links to ten a minute', async () => {
    const app = await startApp({
      variables: { RATE_LIMIT_MAIL_ADDRESS: '10/3600', RATE_LIMIT_SECRET: '10/60' },
    });
    onTestFinished(() => app.close());
    const requests = await Promise.all(Array.from({ length: 12 }, () => forgot(app, newAddress())));
    const uses = await Promise.all(
      Array.from({ length: 12 }, (_, nth) =>
        nth % 2 === 0
          ? reset(app, 'a guess')
          : app.call({ url: '/auth/sessions/disown', body: { token: 'a guess' } }),
      ),
    );
    const count = (answers: readonly { statusCode: number }[], status: number) =>
      answers.filter(({ statusCode }) => statusCode === status).length;
    expect([count(requests, 202), count(requests, 429)]).toEqual([10, 2]);
    expect([count(uses, 400), count(uses, 429)]).toEqual([10, 2]);
  });

  it('and disowned sessions are answered mail_unconfigured in production without a mail server', async () => {
    const app = await startApp({
      variables: {
        NODE_ENV: 'production',
        JWT_SECRET_KEY: 'aX3-9fQ7vR2mK8pL5wZ1cN6bT4yH0jD7sG3e',
        PASSWORD_PEPPER: 'nB8_2kW5xC9zM1qV7tF4rJ6hP3lS0dY8uE5g',
        PUBLIC_URL: 'https://id.example.org',
        COOKIE_SECURE: 'true',
        BCRYPT_ROUNDS: '10',
      },
    });
    onTestFinished(() => app.close());
    const answers = [
      await forgot(app, await createAccount(app)),
      await forgot(app, newAddress()),
      await app.call({ url: '/auth/sessions/disown', body: { token: 'a guess' } }),
    ];
    for (const answer of answers)
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'mail_unconfigured']);
  });
});

describe('a link to a new password that a mail server does not take', () => {
  const clock = new ManualClock(Date.now());
  let server: MailServer;
  let app: TestApp;
  beforeAll(async () => {
    server = await startMailServer();
    app = await startApp({ clock, variables: { SMTP_URL: server.url } });
  });
  beforeEach(() => {
    server.refusal = 'try again later';
    server.received.length = 0;
  });
  afterEach(() => asSuperuser(app.database, 'DELETE FROM outbox_messages'));
  afterAll(async () => {
    await app.close();
    await server.stop();
  });

  const attempts = async () =>
    (
      await asSuperuser<{ tried: boolean; state: string }>(
        app.database,
        `SELECT last_error IS NOT NULL OR state <> 'pending' AS tried, state FROM outbox_messages
         WHERE channel = 'mail' ORDER BY id`,
      )
    ).map(({ tried, state }) => [tried, state]);
  const tokenOf = (text: string) => /#token=([\w-]+)/.exec(text)?.[1];
  /** The text of the one mail with a reset link to an address. */
  const mailTo = (address: string) =>
    eventually(() => {
      const mails = server.received.filter(
        ({ to, subject }) => to?.[0]?.address === address && subject?.startsWith('Set a new'),
      );
      expect(mails).toHaveLength(1);
      return mails[0]!.text!;
    });
  /** Everything that the database holds, as text. */
  async function dump(): Promise<string> {
    const tables = await asSuperuser<{ name: string }>(
      app.database,
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    );
    const texts = [];
    for (const { name } of tables)
      texts.push(
        ...(await asSuperuser<{ row: string }>(app.database, `SELECT t::text AS row FROM "${name}" t`)),
      );
    return texts.map(({ row }) => row).join('\n');
  }

  it('is nowhere in the database in clear, and works once it has arrived', async () => {
    const email = await createAccount(app);
    await forgot(app, email);
    await eventually(async () => expect(await attempts()).toEqual([[true, 'pending']]));
    const waiting = await dump();
    server.refusal = null;
    clock.advance(MINUTE_MS);
    const token = tokenOf(await mailTo(email))!;
    const digits = Buffer.from(token, 'base64url').toString('hex');
    for (const text of [waiting, await dump()]) {
      expect(text.length).toBeGreaterThan(1000);
      expect(text).not.toContain(token);
      expect(text).not.toContain(digits);
    }
    expect((await reset(app, token)).statusCode).toBe(204);
  });

  it('is suppressed once a newer one has replaced it, and abandoned once it has expired', async () => {
    const email = await createAccount(app);
    await forgot(app, email);
    await eventually(async () => expect(await attempts()).toEqual([[true, 'pending']]));
    await forgot(app, email);
    await eventually(async () =>
      expect(await attempts()).toEqual([
        [true, 'pending'],
        [true, 'pending'],
      ]),
    );
    server.refusal = null;
    clock.advance(MINUTE_MS);
    await eventually(async () =>
      expect(await attempts()).toEqual([
        [true, 'suppressed'],
        [true, 'delivered'],
      ]),
    );
    expect((await reset(app, tokenOf(await mailTo(email)))).statusCode).toBe(204);

    server.refusal = 'try again later';
    await asSuperuser(app.database, 'DELETE FROM outbox_messages');
    await forgot(app, await createAccount(app));
    await eventually(async () => expect(await attempts()).toEqual([[true, 'pending']]));
    server.refusal = null;
    clock.advance(31 * MINUTE_MS);
    await eventually(async () => expect(await attempts()).toEqual([[true, 'dead']]));
  });
});
