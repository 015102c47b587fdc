import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DeliveryChannel } from '../../../src/monitoring/alerts/delivery-channel.js';
import type { Evidence } from '../../../src/monitoring/alerts/alert-kind.js';
import { ConditionWatch } from '../../../src/monitoring/conditions/condition-watch.js';
import type { Condition } from '../../../src/monitoring/conditions/condition.js';
import { Dependencies } from '../../../src/monitoring/conditions/dependencies.js';
import { OutageNotifier } from '../../../src/monitoring/conditions/outage-notifier.js';
import { WritabilityRepository } from '../../../src/monitoring/conditions/writability.repository.js';
import { AlertLog } from '../../../src/monitoring/delivery/alert-log.js';
import { WebhookChannel } from '../../../src/monitoring/delivery/webhook.channel.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import type { PostgresqlSilence } from '../../../src/platform/health/postgresql-silence.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { type Alerting, TEST_ALERT_IDS, finding, startAlerting } from '../../support/monitoring/alerting.js';
import { eventually } from '../../support/time/eventually.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import {
  accepts,
  answers,
  startReceiver,
  type WebhookReceiver,
} from '../../support/servers/webhook-receiver.js';

/** A process that watches one condition. The tests make PostgreSQL unavailable for all of them. */
interface Instance {
  readonly alerting: Alerting;
  readonly notifier: OutageNotifier;
  /** Checks the condition and writes alerts, without attempts by the notifier or the outbox. */
  watch(): Promise<void>;
  /** Runs only the notifier's attempts. */
  send(): Promise<void>;
  /** Runs only the outbox's attempts. */
  drain(): Promise<boolean>;
  tick(): Promise<void>;
}

describe('Alerts while PostgreSQL is unavailable', () => {
  let database: FreshDatabase;
  let receiver: WebhookReceiver;
  let clock: ManualClock;
  let isAway: boolean;
  let evidence: Evidence | null;
  const instances: Instance[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await freshDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });
  beforeEach(async () => {
    receiver = await startReceiver();
    clock = new ManualClock();
    isAway = false;
    evidence = null;
  });
  afterEach(async () => {
    await instances[0]?.alerting.dataSource.query(
      'DELETE FROM monitoring_alert; DELETE FROM outbox_messages',
    );
    await Promise.all(instances.splice(0).map(({ alerting }) => alerting.stop()));
    await receiver.stop();
  });

  async function instance(...others: DeliveryChannel[]): Promise<Instance> {
    const environment = Object.assign(new Environment(), {
      ALERT_WEBHOOK_URL: receiver.url,
    });
    const channel = new WebhookChannel(environment, clock);
    const alerting = await startAlerting(database, [channel, ...others], clock);
    const condition: Condition = {
      name: 'dependency_down',
      severity: 'critical',
      quietSeconds: 30,
      subject: 'dependency:postgresql',
      forSeconds: 0,
      check: () => evidence,
    };
    const ids = new UuidV7(clock, new SystemRandomness());
    const notifier = new OutageNotifier(
      [channel, ...others],
      new AlertLog(alerting.raiser),
      clock,
      ids,
      TEST_ALERT_IDS,
    );
    const dependencies = { downForMs: () => (isAway ? 5000 : 0) } as unknown as Dependencies;
    const { raiser, transactions, worker } = alerting;
    const watch = new ConditionWatch([condition], raiser, transactions, notifier, dependencies, clock);
    const made: Instance = {
      alerting,
      notifier,
      watch: () => watch.tick(),
      send: () => notifier.send(),
      drain: () => worker(channel).drain(),
      tick: async () => {
        await watch.tick();
        await notifier.send();
        if (!isAway) await worker(channel).drain();
      },
    };
    instances.push(made);
    return made;
  }

  async function pass(seconds: number, ...all: Instance[]): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      for (const one of all) await one.tick();
      clock.advance(1000);
    }
  }

  it('reach the webhook from memory, and become rows under the same ids without being sent again', async () => {
    const one = await instance();
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    await pass(20, one);
    expect(receiver.received).toHaveLength(1);
    isAway = false;
    evidence = null;
    await pass(5, one);
    expect(receiver.received).toHaveLength(1);
    const { id, deliveryId } = receiver.received[0]!.body;
    expect(await one.alerting.rows()).toMatchObject([{ id, state: 'open', count: 1 }]);
    expect(await one.alerting.deliveries()).toMatchObject([
      { id: deliveryId, subject: `alert:${String(id)}`, state: 'delivered' },
    ]);
  });

  it('reach the webhook while the mail server hangs, which delays no stop either', async () => {
    const hanging: DeliveryChannel = {
      name: 'email',
      standsAlone: true,
      wants: () => true,
      deliver: async ({ signal }) => void (await once(signal, 'abort')),
    };
    const one = await instance(hanging);
    one.notifier.onApplicationBootstrap();
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    await one.watch();
    await eventually(() => expect(receiver.received).toHaveLength(1));
    one.notifier.announce([finding({ subject: 'another' })]);
    await eventually(() => expect(receiver.received).toHaveLength(2), { timeoutMs: 2000 });
    const stoppedMs = performance.now();
    await one.notifier.onModuleDestroy();
    expect(performance.now() - stoppedMs).toBeLessThan(6000);
  });

  it('are retried from memory, and passed to the outbox under the same id if they were not delivered', async () => {
    const one = await instance();
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    receiver.behaviour = answers(500);
    await pass(8, one);
    expect(receiver.received.length).toBeGreaterThanOrEqual(3);
    isAway = false;
    receiver.behaviour = accepts;
    await pass(10, one);
    expect(new Set(receiver.received.map(({ body }) => body['deliveryId'])).size).toBe(1);
    expect(await one.alerting.deliveries()).toMatchObject([{ state: 'delivered' }]);
  });

  it('are not raised for a cause that was written before the outage', async () => {
    const one = await instance();
    evidence = { summary: 'It began earlier.' };
    await pass(2, one);
    expect(receiver.received).toHaveLength(1);
    isAway = true;
    await pass(30, one);
    isAway = false;
    await pass(10, one);
    expect(receiver.received).toHaveLength(1);
    expect(await one.alerting.rows()).toHaveLength(1);
  });

  it('are not sent twice if PostgreSQL returns while the message is being sent and the cause persists', async () => {
    const one = await instance();
    let accept = () => {};
    receiver.behaviour = (request, response) => (accept = () => accepts(request, response));
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    const underWay = one.tick();
    await eventually(() => expect(receiver.received).toHaveLength(1));
    isAway = false;
    for (let second = 0; second < 8; second++) {
      clock.advance(1000);
      await one.watch();
      await one.drain();
    }
    expect(receiver.received).toHaveLength(1);
    accept();
    await underWay;
    receiver.behaviour = accepts;
    await pass(10, one);
    const { id, deliveryId } = receiver.received[0]!.body;
    expect(new Set(receiver.received.map(({ body }) => body['deliveryId']))).toEqual(new Set([deliveryId]));
    expect(await one.alerting.rows()).toMatchObject([{ id, state: 'open', count: 1 }]);
  });

  it('are not sent twice if a retry becomes due while the row is being written', async () => {
    const one = await instance();
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    receiver.behaviour = answers(500);
    await one.tick();
    receiver.behaviour = accepts;
    isAway = false;
    evidence = null;
    const run = one.alerting.transactions.run.bind(one.alerting.transactions);
    one.alerting.transactions.run = async (work) => {
      clock.advance(2000);
      await one.send();
      return run(work);
    };
    await one.watch();
    one.alerting.transactions.run = run;
    await pass(5, one);
    expect(receiver.received).toHaveLength(2);
    expect(await one.alerting.deliveries()).toMatchObject([{ state: 'delivered' }]);
  });

  it('are retried from memory if the row could not be written after all', async () => {
    const one = await instance();
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    receiver.behaviour = answers(500);
    await one.tick();
    receiver.behaviour = accepts;
    isAway = false;
    const run = one.alerting.transactions.run.bind(one.alerting.transactions);
    one.alerting.transactions.run = () => Promise.reject(new Error('gone'));
    await expect(one.watch()).rejects.toThrow('gone');
    one.alerting.transactions.run = run;
    isAway = true;
    await pass(3, one);
    expect(receiver.received).toHaveLength(2);
  });

  it('have the id of their row in a second outage, even in a process that has not seen the first', async () => {
    const one = await instance();
    const outage = async (...all: Instance[]) => {
      isAway = true;
      evidence = { summary: 'postgresql has been unavailable for 5 s.' };
      await pass(10, ...all);
      isAway = false;
      evidence = null;
      await pass(3, ...all);
    };
    await outage(one);
    await one.alerting.dataSource.query(`UPDATE monitoring_alert SET state = 'resolved'`);
    await outage(await instance());
    const [first, second] = receiver.received.map(({ body }) => body);
    expect(second).toMatchObject({ id: first!['id'] });
    expect(second!['deliveryId']).not.toBe(first!['deliveryId']);
    expect(await one.alerting.rows()).toMatchObject([{ id: first!['id'], state: 'open', count: 2 }]);
    expect(receiver.received).toHaveLength(2);
  });

  it('are announced once by each instance, under one id, and become one row', async () => {
    const [one, other] = [await instance(), await instance()];
    isAway = true;
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    await pass(20, one, other);
    isAway = false;
    evidence = null;
    await pass(5, one, other);
    const [alert, ...others] = await one.alerting.rows();
    expect(others).toEqual([]);
    expect(receiver.received.map(({ body }) => body['id'])).toEqual([alert!.id, alert!.id]);
  });

  it('are raised again once if writing fails before the outage is noticed', async () => {
    const one = await instance();
    evidence = { summary: 'postgresql has been unavailable for 5 s.' };
    const run = one.alerting.transactions.run.bind(one.alerting.transactions);
    one.alerting.transactions.run = () => Promise.reject(new Error('gone'));
    await expect(one.tick()).rejects.toThrow('gone');
    isAway = true;
    await pass(3, one);
    expect(receiver.received).toHaveLength(1);
    isAway = false;
    one.alerting.transactions.run = run;
    await pass(3, one);
    expect(await one.alerting.rows()).toMatchObject([{ id: receiver.received[0]!.body['id'], count: 1 }]);
  });
});

describe('PostgreSQL as a dependency', () => {
  it('is down while the pool is connected to a server that accepts no changes', async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const alerting = await startAlerting(database);
    onTestFinished(() => alerting.stop());
    const superuser = new Client(database.superuserUrl);
    await superuser.connect();
    onTestFinished(() => superuser.end());
    const clock = new ManualClock();
    const silence = { ms: 0 } as PostgresqlSilence;
    const redis = { configured: false } as RedisConnection;
    const dependencies = new Dependencies(
      silence,
      new WritabilityRepository(alerting.dataSource),
      redis,
      clock,
    );
    const probed = async () => {
      await dependencies.probe();
      clock.advance(3000);
      await dependencies.probe();
      return dependencies.downForMs('postgresql');
    };
    const reconnect = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`;

    expect(await probed()).toBe(0);
    await superuser.query(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
    await superuser.query(reconnect);
    await eventually(async () => expect(await probed()).toBeGreaterThanOrEqual(3000));
    // The pool closed its connections to the previous server, so it reaches the new one immediately.
    await superuser.query(`ALTER DATABASE ${database.name} RESET default_transaction_read_only`);
    await eventually(async () => expect(await probed()).toBe(0));
  });
});
