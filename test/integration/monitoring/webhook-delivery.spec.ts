import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertBody } from '../../../src/monitoring/alerts/alert-body.js';
import { WebhookChannel } from '../../../src/monitoring/delivery/webhook.channel.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { freePort } from '../../support/network/free-port.js';
import { type Alerting, finding, startAlerting } from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import {
  type WebhookReceiver,
  accepts,
  answers,
  floods,
  hangs,
  startReceiver,
} from '../../support/servers/webhook-receiver.js';

const SECRET = 'a secret shared with the receiver';
const MINUTE = 60_000;

describe('Delivery to the webhook', () => {
  let database: FreshDatabase;
  let receiver: WebhookReceiver;
  let clock: ManualClock;
  let environment: Environment;
  let channel: WebhookChannel;
  let alerting: Alerting;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });
  beforeEach(async () => {
    receiver = await startReceiver();
    clock = new ManualClock();
    environment = Object.assign(new Environment(), {
      ALERT_WEBHOOK_URL: receiver.url,
      ALERT_WEBHOOK_SECRET: SECRET,
    });
    channel = new WebhookChannel(environment, clock);
    alerting = await startAlerting(database, [channel], clock);
  });
  afterEach(async () => {
    await alerting.dataSource.query('DELETE FROM monitoring_alert; DELETE FROM outbox_messages');
    await alerting.stop();
    await receiver.stop();
  });

  const drain = () => alerting.worker(channel).drain();

  /** Runs for the given number of seconds, one step per second. Returns the second in which each request arrived. */
  async function work(seconds: number): Promise<number[]> {
    const arrivals: number[] = [];
    for (let second = 0; second < seconds; second++) {
      const before = receiver.received.length;
      await drain();
      for (let i = before; i < receiver.received.length; i++) arrivals.push(second);
      clock.advance(1000);
    }
    return arrivals;
  }

  it('sends one alert and its delivery id, signed', async () => {
    await alerting.raise(finding());
    await drain();
    const [alert] = await alerting.rows();
    const [delivery] = await alerting.deliveries();
    expect(receiver.received).toHaveLength(1);
    const { body, text, headers } = receiver.received[0]!;
    expect(body).toEqual({ ...alertBody(alert!), deliveryId: delivery!.id });
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['portcullis-signature'])) ?? [];
    expect(Number(time)).toBe(clock.nowMs() / 1000);
    expect(mac).toBe(createHmac('sha256', SECRET).update(`${time}.${text}`).digest('hex'));
    expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, lastError: null });
  });

  it('sends nothing for a rising count, and sends again when the alert reopens', async () => {
    await alerting.raise(finding());
    await alerting.raise(finding(), finding({ subject: 'service' }));
    await alerting.dataSource.query(
      `UPDATE monitoring_alert SET state = 'resolved' WHERE subject = 'service'`,
    );
    await alerting.raise(finding({ subject: 'service' }));
    await drain();
    expect(receiver.received.map(({ body }) => [body['subject'], body['count']])).toEqual(
      expect.arrayContaining([
        ['address:192.0.2.1', 1],
        ['service', 1],
        ['service', 2],
      ]),
    );
    expect(receiver.received).toHaveLength(3);
  });

  it('is not lost while the receiver is down for a minute, and arrives once', async () => {
    environment.ALERT_WEBHOOK_URL = `http://127.0.0.1:${await freePort()}/alerts`;
    await alerting.raise(finding());
    expect(await work(60)).toEqual([]);
    expect((await alerting.deliveries())[0]).toMatchObject({
      state: 'pending',
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
    environment.ALERT_WEBHOOK_URL = receiver.url;
    expect(await work(60)).toHaveLength(1);
  });

  it('fails, and is retried, if the receiver switches to another protocol instead of answering', async () => {
    // Node closes such a connection without a response or an error, because nothing asked for an upgrade.
    receiver.behaviour = (_, response) =>
      void response.socket!.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      );
    await alerting.raise(finding());
    await drain();
    expect((await alerting.deliveries())[0]).toMatchObject({
      state: 'pending',
      lastError: 'The connection closed without a response',
    });
  });

  it('retries under one id after 1 s, doubling up to 5 min', async () => {
    receiver.behaviour = answers(500);
    await alerting.raise(finding());
    const arrivals = await work(20 * 60);
    const pauses = arrivals.slice(1).map((second, i) => second - arrivals[i]!);
    pauses.forEach((pause, i) => {
      const planned = Math.min(300, 2 ** i);
      expect(pause).toBeGreaterThanOrEqual(planned);
      expect(pause).toBeLessThanOrEqual(Math.min(301, planned * 1.2 + 1));
    });
    expect(pauses.length).toBeGreaterThan(9);
    expect(new Set(receiver.received.map(({ body }) => body['deliveryId'])).size).toBe(1);
  });

  it('is abandoned after 24 h, and this is visible', async () => {
    receiver.behaviour = answers(503);
    const outcomes: string[] = [];
    alerting.outbox.outcomes.subscribe(({ outcome }) => outcomes.push(outcome));
    await alerting.raise(finding());
    for (let minutes = 0; minutes < 25 * 60; minutes += 6) {
      await drain();
      clock.advance(6 * MINUTE);
    }
    expect((await alerting.deliveries())[0]).toMatchObject({
      state: 'dead',
      lastError: 'The receiver responded with 503',
    });
    expect(outcomes.at(-1)).toBe('dead');
    expect(outcomes.filter((outcome) => outcome === 'dead')).toHaveLength(1);
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await startReceiver();
    receiver.behaviour = answers(307, { location: elsewhere.url });
    await alerting.raise(finding());
    await drain();
    expect(elsewhere.received).toEqual([]);
    expect((await alerting.deliveries())[0]).toMatchObject({
      state: 'pending',
      lastError: 'The receiver responded with 307',
    });
    await elsewhere.stop();
  });

  it('gives a receiver that hangs five seconds, for all due messages together', async () => {
    receiver.behaviour = hangs;
    await alerting.raise(...Array.from({ length: 10 }, (_, i) => finding({ subject: `session:${i}` })));
    const startedMs = performance.now();
    await drain();
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(4900);
    expect(tookMs).toBeLessThan(7000);
    const errors = (await alerting.deliveries()).map(({ lastError }) => lastError);
    expect(new Set(errors)).toEqual(new Set(['No response within 5000 ms']));
  });

  it('does not read a response that never ends', async () => {
    receiver.behaviour = floods;
    await alerting.raise(finding());
    const startedMs = performance.now();
    await drain();
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect((await alerting.deliveries())[0]).toMatchObject({ state: 'delivered' });
  });

  it('is performed by one of several workers', async () => {
    const other = await startAlerting(database, [channel], clock);
    await alerting.raise(...Array.from({ length: 40 }, (_, i) => finding({ subject: `session:${i}` })));
    const all = async ({ worker }: Alerting) => {
      while (await worker(channel).drain());
    };
    await Promise.all([all(alerting), all(other), all(alerting), all(other)]);
    const sent = receiver.received.map(({ body }) => body['deliveryId']);
    expect(sent).toHaveLength(40);
    expect(new Set(sent).size).toBe(40);
    await other.stop();
  });

  it('is retried under the same id if its worker dies before it records success', async () => {
    await alerting.raise(finding());
    await alerting.dataSource.query(`UPDATE outbox_messages SET attempts = 1, next_attempt_at = $1`, [
      new Date(clock.nowMs() + 30_000),
    ]);
    expect(await work(40)).toEqual([30]);
    expect((await alerting.deliveries())[0]).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('uses the format of Slack on request', async () => {
    environment.ALERT_WEBHOOK_FORMAT = 'slack';
    receiver.behaviour = accepts;
    await alerting.raise(finding({ evidence: { summary: 'Ten <b> & more.' } }));
    await drain();
    expect(receiver.received[0]!.body).toEqual({
      text: expect.stringContaining(
        '*warning: brute_force* on `address:192.0.2.1`\nTen &lt;b&gt; &amp; more.',
      ),
    });
  });

  it('is not enqueued if no webhook is configured', async () => {
    environment.ALERT_WEBHOOK_URL = undefined;
    await alerting.raise(finding());
    expect(await alerting.deliveries()).toEqual([]);
  });
});
