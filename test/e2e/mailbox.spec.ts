import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigurationFault } from '../../src/platform/config/configuration-fault.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { CaughtMailbox, type CaughtMail } from '../../src/platform/mail/caught-mailbox.js';
import { code, link, paragraph } from '../../src/platform/mail/mail-content.js';
import { MailOutbox } from '../../src/platform/mail/mail-outbox.js';
import { mailTemplate } from '../../src/platform/mail/mail-template.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { freshDatabase } from '../support/postgres/fresh-database.js';
import { eventually } from '../support/time/eventually.js';

const words = ({ name, link: url, code: typed }: { name: string; link: string; code: string }) => ({
  subject: `Hello ${name}`,
  body: [paragraph`Dear ${name}`, link('Open', url), code(typed)],
});
const verificationMail = mailTemplate({
  kind: 'verification',
  placeholders: ['name', 'link', 'code'],
  words: { en: words, de: words },
});
const LINK = 'http://localhost:3000/account/verify#token=tok-123';

const hasRoute = ({ app }: TestApp) =>
  declaredRoutes(app.get(DiscoveryService), app.get(MetadataScanner)).some(
    ({ path }) => path === '/dev/mailbox',
  );

describe('GET /dev/mailbox', () => {
  let one: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    one = await startApp({ listen: true });
    other = await startBeside(one);
  });
  afterAll(async () => {
    await other.close();
    await one.close();
  });
  afterEach(() => asSuperuser(one.database, 'DELETE FROM caught_mails'));

  const send = (to: string, name = 'Ada', { app } = one) =>
    app.get(TransactionRunner, { strict: false }).run((tx) =>
      app.get(MailOutbox, { strict: false }).send(tx, verificationMail, {
        to,
        locale: 'en',
        subject: 'user:1',
        values: { name, link: LINK, code: 'ABCD2345' },
      }),
    );
  async function read(query = '', headers: Record<string, string> = {}, app = one): Promise<CaughtMail[]> {
    const answer = await app.call({
      url: `/dev/mailbox${query}`,
      headers: { host: 'localhost', ...headers },
    });
    expect(answer.statusCode).toBe(200);
    return answer.json<{ items: CaughtMail[] }>().items;
  }

  it('shows the mails of all instances, newest first, with link, token and code', async () => {
    await send('ada@example.com');
    await eventually(async () => expect(await read()).toHaveLength(1));
    await send('bob@example.com', 'Bob', other);
    await eventually(async () => expect(await read()).toHaveLength(2));
    const items = await read();
    expect(items.map(({ to }) => to)).toEqual(['bob@example.com', 'ada@example.com']);
    expect(items[1]).toEqual({
      id: expect.any(String),
      kind: 'verification',
      to: 'ada@example.com',
      subject: 'Hello Ada',
      text: expect.stringContaining(LINK),
      html: expect.stringContaining('Dear Ada'),
      link: LINK,
      token: 'tok-123',
      code: 'ABCD2345',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await read('?to=ADA@example.com')).toHaveLength(1);
    expect(await read(`?after=${items[1]!.id}`)).toMatchObject([{ to: 'bob@example.com' }]);
    expect(await read(`?after=${items[0]!.id}`)).toEqual([]);
  });

  it('waits for a mail, and responds as soon as it arrives', async () => {
    const startedMs = performance.now();
    const waiting = read('?to=late@example.com&wait=20', {}, other);
    await send('early@example.com');
    await send('late@example.com');
    expect(await waiting).toMatchObject([{ to: 'late@example.com' }]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('does not wait for longer than requested, nor for more than 30 s', async () => {
    const startedMs = performance.now();
    expect(await read('?to=nobody@example.com&wait=1')).toEqual([]);
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    for (const query of ['?wait=31', '?wait=-1', '?after=nonsense', '?unknown=1'])
      expect(
        (await one.call({ url: `/dev/mailbox${query}`, headers: { host: 'localhost' } })).statusCode,
      ).toBe(400);
  });

  it('is a page for browsers that can load only its own parts', async () => {
    const { headers, body } = await one.call({
      url: '/dev/mailbox',
      headers: { host: 'localhost', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect([headers['content-type'], headers['x-frame-options']]).toEqual([
      'text/html; charset=utf-8',
      'DENY',
    ]);
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers['content-security-policy']).toContain("require-trusted-types-for 'script'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    for (const [, part] of body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const answer = await one.call({ url: `/dev/${part}`, headers: { host: 'localhost' } });
      expect([part, answer.statusCode]).toEqual([part, 200]);
    }
    const unknown = await one.call({
      url: '/dev/mailbox/assets/mailbox.txt',
      headers: { host: 'localhost' },
    });
    expect(unknown.statusCode).toBe(404);
  });

  it('shows the HTML of a mail in a frame, where it can run and load nothing', async () => {
    await send('ada@example.com', '<img src=x onerror=alert(1)>');
    const [mail] = await eventually(async () => {
      const items = await read();
      expect(items).toHaveLength(1);
      return items;
    });
    const { headers, body } = await one.call({
      url: `/dev/mailbox/${mail!.id}`,
      headers: { host: 'localhost' },
    });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toMatch(
      /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';.* frame-ancestors 'self'$/,
    );
    expect(headers['content-security-policy']).not.toMatch(/script-src|allow-scripts|allow-same-origin/);
    expect(headers['x-frame-options']).toBe('SAMEORIGIN');
    expect(body).toContain('Dear &lt;img');
    for (const id of ['019a0000-0000-7000-8000-000000000001', 'nonsense', "'"])
      expect((await one.call({ url: `/dev/mailbox/${id}`, headers: { host: 'localhost' } })).statusCode).toBe(
        404,
      );
    expect(
      (await one.call({ url: `/dev/mailbox/${mail!.id}`, headers: { host: 'evil.example' } })).statusCode,
    ).toBe(404);
  });

  it('keeps mails encrypted, once each, the newest thousand for a day', async () => {
    const mailbox = one.app.get(CaughtMailbox, { strict: false });
    await send('ada@example.com');
    const [caught] = await eventually(async () => {
      const items = await read();
      expect(items).toHaveLength(1);
      return items;
    });
    await mailbox.add(caught!);
    expect(await read()).toHaveLength(1);
    const rows = await asSuperuser(one.database, 'SELECT m::text AS row FROM caught_mails m');
    expect(JSON.stringify(rows)).not.toMatch(/ada@|tok-123/);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('tok-123').toString('hex'));
    await asSuperuser(
      one.database,
      `INSERT INTO caught_mails (id, sealed, created_at)
       SELECT gen_random_uuid(), '', now() FROM generate_series(1, 1500)`,
    );
    await mailbox.add({ ...caught!, id: '019a0000-0000-7000-8000-000000000001' });
    expect(await asSuperuser(one.database, 'SELECT 1 FROM caught_mails')).toHaveLength(1000);
    await asSuperuser(one.database, `UPDATE caught_mails SET created_at = now() - interval '25 hours'`);
    expect(await read()).toEqual([]);
  });

  it.each([
    ['another peer', { remoteAddress: '192.0.2.1' }, {}],
    ['another host name, as in DNS rebinding', {}, { host: 'evil.example.org' }],
    ['a proxy on this machine', {}, { 'x-forwarded-for': '192.0.2.1' }],
    ['a proxy that says Via', {}, { via: '1.1 proxy' }],
    ['a proxy that says Forwarded', {}, { forwarded: 'for=192.0.2.1' }],
  ])('is not available to %s', async (_, connection, headers) => {
    const answer = await one.app.inject({
      url: '/dev/mailbox',
      headers: { host: 'localhost', ...headers },
      ...connection,
    });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
  });

  it('is neither limited nor recorded', async () => {
    const strict = await startApp({ variables: { RATE_LIMIT_DEFAULT: '2/60', RATE_LIMIT_ADDRESS: '2/60' } });
    for (let i = 0; i < 5; i++) expect(await read('', {}, strict)).toEqual([]);
    await strict.call({ url: '/rate-limits' });
    await eventually(async () =>
      expect(await asSuperuser(strict.database, 'SELECT route FROM audit_calls')).toEqual([
        { route: '/rate-limits' },
      ]),
    );
    await strict.close();
  });

  it('is not available if PUBLIC_URL names another machine', async () => {
    const elsewhere = await startApp({ variables: { PUBLIC_URL: 'http://id.example.org' } });
    expect((await elsewhere.call({ url: '/dev/mailbox', headers: { host: 'localhost' } })).statusCode).toBe(
      404,
    );
    await elsewhere.close();
  });

  it('has no route with SMTP_URL, nor in production, where the start warns that no mail is sent', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn');
    onTestFinished(() => warn.mockRestore());
    const warnings = () => warn.mock.calls.filter(([text]) => text === 'SMTP_URL is unset: no mail is sent');
    expect(hasRoute(one)).toBe(true);
    const production = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://id.example.com',
      COOKIE_SECURE: 'true',
      BCRYPT_ROUNDS: '10',
      JWT_SECRET_KEY: 'kT4mW9xQ2vL7pR5sN8bC3fH6jD1gZ0aY',
      PASSWORD_PEPPER: 'wB7nX2qM5zK8rV1tP4cS9dF6hJ3gL0eU',
    };
    for (const variables of [{ SMTP_URL: 'smtp://127.0.0.1:1' }, production]) {
      const app = await startApp({ variables });
      expect(hasRoute(app)).toBe(false);
      const answer = await app.call({ url: '/dev/mailbox', headers: { host: 'localhost' } });
      expect(answer.statusCode).toBe(404);
      expect(app.app.get(MailOutbox, { strict: false }).configured).toBe('SMTP_URL' in variables);
      expect(warnings()).toHaveLength('SMTP_URL' in variables ? 0 : 1);
      await app.close();
    }
  });
});

describe('MAIL_TEMPLATES_DIR', () => {
  it('prevents the start if a template has an unknown placeholder, and is used otherwise', async () => {
    const database = await freshDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-templates-'));
    const secret = () => randomBytes(48).toString('base64url');
    // A database belongs to the secrets of its first start.
    const variables = { MAIL_TEMPLATES_DIR: folder, JWT_SECRET_KEY: secret(), PASSWORD_PEPPER: secret() };
    const start = () => startApp({ database, variables });
    await writeFile(join(folder, 'new_device.en.html'), '<p>{{time}} {{password}}</p>');
    await expect(start()).rejects.toBeInstanceOf(ConfigurationFault);
    await writeFile(join(folder, 'new_device.en.html'), '<p>{{time}}</p>');
    await (await start()).close();
    await rm(folder, { recursive: true });
    await database.drop();
  });
});
