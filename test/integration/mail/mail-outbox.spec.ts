import { Logger } from '@nestjs/common';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  MAIL_UNDELIVERABLE,
  UndeliverableMail,
} from '../../../src/monitoring/delivery/undeliverable-mail.js';
import { MailMetrics } from '../../../src/monitoring/metrics/mail-metrics.js';
import { Metrics } from '../../../src/monitoring/metrics/metrics.js';
import { Environment } from '../../../src/platform/config/environment.js';
import type { Transaction } from '../../../src/platform/database/transaction-runner.js';
import { paragraph } from '../../../src/platform/mail/mail-content.js';
import { MailOutbox } from '../../../src/platform/mail/mail-outbox.js';
import { mailTemplate } from '../../../src/platform/mail/mail-template.js';
import { MailTemplates } from '../../../src/platform/mail/mail-templates.js';
import { type Mailer, NoMailer } from '../../../src/platform/mail/mailer.js';
import { SmtpMailer } from '../../../src/platform/mail/smtp-mailer.js';
import type { SecretValidity } from '../../../src/platform/secrets/secret-use.js';
import type { SingleUseSecrets } from '../../../src/platform/secrets/single-use-secrets.js';
import { eventually } from '../../support/time/eventually.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { type Alerting, alertingDataSource, startAlerting } from '../../support/monitoring/alerting.js';
import { type MailServer, startMailServer } from '../../support/servers/mail-server.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const words = ({ link }: { link: string }) => ({ subject: 'Reset', body: [paragraph`Open ${link}.`] });
const resetMail = mailTemplate({
  kind: 'password_reset',
  placeholders: ['link'],
  words: { en: words, de: words },
});
const secrets = { validityOf: async (id: string) => validity(id) } as SingleUseSecrets;
let validity: (id: string) => SecretValidity;
const LINK = 'https://example.org/reset#token=a-secret-of-the-mail';

/** A server that sends the replies as they are; smtp-server would remove control characters from them. */
async function startRawServer(
  replies: Record<string, string>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('220 ready\r\n');
    socket.on('data', (line) => socket.write(`${replies[line.toString().slice(0, 4)] ?? '250 ok'}\r\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

describe('Mail through the outbox', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  let server: MailServer;
  let clock: ManualClock;
  let alerting: Alerting;
  let mails: MailOutbox;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [database, server] = await Promise.all([freshDatabase(), startMailServer()]);
    dataSource = await alertingDataSource(database).initialize();
  });
  afterAll(async () => {
    await Promise.all([dataSource.destroy(), server.stop()]);
    await database.drop();
  });
  beforeEach(async () => {
    clock = new ManualClock();
    validity = (id) => (id === 'live' ? 'live' : 'gone');
    await connectTo(server);
    server.received.length = 0;
    server.refusal = null;
    server.refusalCode = 450;
    server.cutsOff = false;
  });
  afterEach(() => dataSource.query('DELETE FROM monitoring_alert; DELETE FROM outbox_messages'));

  const connectTo = async ({ url }: Pick<MailServer, 'url'>) => {
    alerting = await startAlerting(database, [], clock, dataSource);
    mails = mailOutbox(new SmtpMailer(url, environment()));
    mails.onModuleInit();
    new UndeliverableMail(alerting.outbox, alerting.raiser, alerting.alerts, clock).onModuleInit();
  };
  const environment = () => Object.assign(new Environment(), { PUBLIC_URL: 'https://id.example.org' });
  const mailOutbox = (mailer: Mailer) =>
    new MailOutbox(alerting.outbox, new MailTemplates(environment()), mailer, secrets);
  const send = (subject = 'user:1', more: { secretId?: string } = {}) =>
    alerting.transactions.run((tx) =>
      mails.send(tx, resetMail, {
        to: 'ada@example.com',
        locale: 'en',
        subject,
        values: { link: LINK },
        ...more,
      }),
    );
  const drain = () => alerting.worker(mails).drain();
  /** A server that accepts no connection. */
  const connectToNobody = async () => {
    const away = await startMailServer();
    await away.stop();
    await connectTo(away);
  };
  /** Lets the worker run every ten minutes of the given time, seconds. */
  const drainFor = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 600) {
      clock.advance(600_000);
      await drain();
    }
  };
  const dump = async () =>
    JSON.stringify(
      await dataSource.query('SELECT m::text, encode(sealed, $1) FROM outbox_messages m', ['escape']),
    );

  it('is sent in both forms, and leaves nothing in the outbox', async () => {
    await send();
    expect(await dump()).not.toMatch(/a-secret|ada@/);
    await drain();
    expect(server.received).toMatchObject([{ subject: 'Reset', text: expect.stringContaining(LINK) }]);
    expect(server.received[0]!.html).toContain('Open https://example.org/reset#token=');
    expect(await alerting.deliveries()).toMatchObject([{ state: 'delivered', sealed: null, payload: null }]);
  });

  it('has the same Message-ID in all attempts', async () => {
    const ids: (string | undefined)[] = [];
    server.refusal = 'try again later';
    await send();
    const [row] = await alerting.deliveries();
    for (let minute = 0; minute < 3; minute++) {
      await drain();
      clock.advance(60_000);
    }
    server.refusal = null;
    await drain();
    ids.push(...server.received.map(({ messageId }) => messageId));
    expect(ids).toEqual([`<${row!.id}@id.example.org>`]);
    expect(await alerting.deliveries()).toMatchObject([{ attempts: 4 }]);
  });

  it('arrives once when the connection was cut in the middle of it', async () => {
    server.cutsOff = true;
    await send();
    await drain();
    expect(server.received).toEqual([]);
    expect(await alerting.deliveries()).toMatchObject([{ state: 'pending', attempts: 1 }]);
    expect(await dump()).not.toMatch(/a-secret|ada@/);
    server.cutsOff = false;
    clock.advance(60_000);
    await drain();
    expect(server.received).toMatchObject([{ text: expect.stringContaining(LINK) }]);
  });

  it('arrives when the server has refused every mail for an hour', async () => {
    server.refusal = 'greylisted';
    await send();
    await drainFor(3600);
    server.refusal = null;
    await drainFor(900);
    expect(server.received).toMatchObject([{ text: expect.stringContaining(LINK) }]);
    expect(await alerting.rows()).toEqual([]);
  });

  it('is given up, and raises an alert, when the server is away for longer than a day', async () => {
    await connectToNobody();
    await send();
    await drainFor(23 * 3600);
    expect(await alerting.deliveries()).toMatchObject([{ state: 'pending' }]);
    await drainFor(3 * 3600);
    expect(await alerting.deliveries()).toMatchObject([{ state: 'dead', sealed: null, payload: null }]);
    expect(await alerting.rows()).toMatchObject([{ rule: MAIL_UNDELIVERABLE.name, subject: 'user:1' }]);
  });

  it('raises an alert about the account if it is refused permanently, without the address', async () => {
    server.refusal = 'no mailbox ada@example.com';
    server.refusalCode = 550;
    await send();
    await drain();
    clock.advance(600_000);
    await drain();
    expect(await alerting.deliveries()).toMatchObject([{ state: 'dead', attempts: 1, sealed: null }]);
    const alerts = await alerting.rows();
    expect(alerts).toMatchObject([
      { rule: MAIL_UNDELIVERABLE.name, severity: 'warning', subject: 'user:1', state: 'open' },
    ]);
    expect(JSON.stringify([alerts, await alerting.deliveries()])).not.toContain('ada@');
  });

  it('is given up if the shortened reply of the server ends in half a character', async () => {
    server.refusal = `a${'😀'.repeat(200)}`;
    server.refusalCode = 550;
    await send();
    await drain();
    expect(await alerting.deliveries()).toMatchObject([
      { state: 'dead', lastError: expect.stringMatching(/😀\uFFFD$/u) },
    ]);
    expect(await alerting.rows()).toMatchObject([
      { rule: MAIL_UNDELIVERABLE.name, evidence: { error: expect.stringMatching(/😀\uFFFD$/u) } },
    ]);
  });

  it('is sent again if the reply of the server contains what PostgreSQL cannot store', async () => {
    const raw = await startRawServer({ RCPT: '450 4.1.1 no\0such user' });
    await connectTo(raw);
    await send();
    await drain();
    expect(await alerting.deliveries()).toMatchObject([
      { state: 'pending', attempts: 1, lastError: expect.stringContaining('no\uFFFDsuch user') },
    ]);
    clock.advance(2000);
    await drain();
    expect(await alerting.deliveries()).toMatchObject([{ state: 'pending', attempts: 2 }]);
    await raw.stop();
  });

  it('raises no alert about the mail of such an alert', async () => {
    server.refusal = 'no mailbox';
    server.refusalCode = 550;
    await send();
    await drain();
    const [alert] = await alerting.rows();
    await send(`alert:${alert!.id}`);
    await drain();
    expect(await alerting.rows()).toHaveLength(1);
  });

  it('raises alerts about at most twenty subjects an hour, and one about all others', async () => {
    server.refusal = 'no mailbox';
    server.refusalCode = 550;
    const drainAll = async () => {
      while (await drain());
    };
    const counts = async () =>
      Object.fromEntries((await alerting.rows()).map(({ subject, count }) => [subject, count]));
    for (let i = 0; i < 30; i++) await send(`user:${i}`);
    await drainAll();
    const { others, ...named } = await counts();
    expect(others).toBe(10);
    expect(Object.values(named)).toEqual(Array.from({ length: 20 }, () => 1));

    const [known] = Object.keys(named) as [string];
    const about = (await alerting.rows()).find(({ subject }) => subject === 'others')!;
    await send(known);
    await send(`alert:${about.id}`);
    await drainAll();
    expect(await counts()).toEqual({ ...named, [known]: 2, others: 10 });

    clock.advance(3_600_000);
    await send('user:later');
    await drainAll();
    expect(await counts()).toMatchObject({ 'user:later': 1, others: 10 });
  });

  it('raises alerts about no more subjects if two mails are given up at the same moment', async () => {
    const giveUp = (tx: Transaction, subject: string) =>
      alerting.outbox.announceDead(tx, { id: 'any', channel: mails.name, subject, error: 'no mailbox' });
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    for (let i = 0; i < 19; i++) await alerting.transactions.run((tx) => giveUp(tx, `user:${i}`));
    const { second } = await alerting.transactions.run(async (tx) => {
      await giveUp(tx, 'user:first');
      const started = alerting.transactions.run((other) => giveUp(other, 'user:second'));
      await eventually(async () => expect(await dataSource.query(waiting)).not.toEqual([]));
      return { second: started };
    });
    await second;
    const subjects = (await alerting.rows()).map(({ subject }) => subject);
    expect(subjects).toHaveLength(21);
    expect(subjects).toEqual(expect.arrayContaining(['user:first', 'others']));
  });

  it('is not sent if its secret can no longer be used', async () => {
    await send('user:1', { secretId: 'dead' });
    await send('user:2', { secretId: 'live' });
    await drain();
    const states = (await alerting.deliveries()).map(({ subject, state, sealed }) => [
      subject,
      state,
      sealed,
    ]);
    expect(states).toEqual([
      ['user:1', 'suppressed', null],
      ['user:2', 'delivered', null],
    ]);
    expect(server.received).toHaveLength(1);
    expect(JSON.stringify(server.received)).not.toContain('live');
  });

  it('is given up, and raises an alert, if its secret expires while the server is away', async () => {
    await connectToNobody();
    const expiresAtMs = clock.nowMs() + 1_800_000;
    validity = () => (clock.nowMs() < expiresAtMs ? 'live' : 'expired');
    await send('user:1', { secretId: 'for half an hour' });
    await drain();
    await drainFor(3600);
    const lastError = expect.stringMatching(/^The secret .* has expired\. Last attempt: .*ECONNREFUSED/);
    expect(await alerting.deliveries()).toMatchObject([{ state: 'dead', sealed: null, lastError }]);
    expect(await alerting.rows()).toMatchObject([
      { rule: MAIL_UNDELIVERABLE.name, subject: 'user:1', evidence: { error: lastError } },
    ]);
  });

  it.each([
    ['was used or replaced after a failed attempt', 'gone', 1],
    ['expired before the first attempt', 'expired', 0],
  ] as const)('is not sent, and raises no alert, if its secret %s', async (_, later, failures) => {
    await connectToNobody();
    validity = () => 'live';
    await send('user:1', { secretId: 'any' });
    for (let failed = 0; failed < failures; failed++) await drain();
    validity = () => later;
    await drainFor(600);
    expect(await alerting.deliveries()).toMatchObject([{ state: 'suppressed', attempts: failures + 1 }]);
    expect(await alerting.rows()).toEqual([]);
  });

  it('is counted by the outcome of each attempt', async () => {
    const metrics = new Metrics();
    new MailMetrics(metrics, alerting.outbox).onModuleInit();
    server.refusal = 'try again later';
    await send();
    await drain();
    server.refusal = null;
    clock.advance(5000);
    await drain();
    const counted = await metrics.registry.getSingleMetricAsString('portcullis_mail_deliveries_total');
    expect(counted.trim().split('\n').slice(2)).toEqual([
      'portcullis_mail_deliveries_total{outcome="delivered"} 1',
      'portcullis_mail_deliveries_total{outcome="suppressed"} 0',
      'portcullis_mail_deliveries_total{outcome="failed"} 1',
      'portcullis_mail_deliveries_total{outcome="dead"} 0',
    ]);
  });

  it('is not written if no mail can be sent', async () => {
    mails = mailOutbox(new NoMailer());
    await send();
    expect(await alerting.deliveries()).toEqual([]);
  });
});
