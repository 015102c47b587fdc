import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Leadership } from '../../../src/platform/leader/leadership.js';
import { type Clock, SystemClock } from '../../../src/platform/clock/clock.js';
import { PostgresqlSilence } from '../../../src/platform/health/postgresql-silence.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { startTcpProxy } from '../../support/network/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/time/eventually.js';

describe('Leadership', () => {
  let database: FreshDatabase;
  const running: Leadership[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await freshDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((leadership) => leadership.onModuleDestroy()));
  });

  function instance(url = database.url): Leadership {
    const environment = Object.assign(new Environment(), database.settings, { DATABASE_URL: url });
    const leadership = new Leadership(environment);
    leadership.onApplicationBootstrap();
    running.push(leadership);
    return leadership;
  }

  function silenceOf(leadership: Leadership, clock: Clock = new SystemClock()): PostgresqlSilence {
    const silence = new PostgresqlSilence(leadership, clock);
    silence.onModuleInit();
    return silence;
  }

  const leaders = () => running.filter(({ isLeader }) => isLeader);

  it('is held by one of several instances, and passes to another within seconds when that one stops', async () => {
    instance();
    instance();
    instance();
    const [first] = await eventually(() => {
      expect(leaders()).toHaveLength(1);
      return leaders();
    });
    await first!.onModuleDestroy();
    const [second] = await eventually(() => {
      expect(leaders()).toHaveLength(1);
      return leaders();
    });
    expect(second).not.toBe(first);
  });

  it('costs the others no warning in the log of PostgreSQL', async () => {
    instance();
    instance();
    await eventually(() => expect(leaders()).toHaveLength(1));
    const follower = running.find(({ isLeader }) => !isLeader)!;
    await Promise.all(running.map((one) => one.heartbeat()));
    const warnings: string[] = [];
    const client = (follower as unknown as { client: Client }).client;
    client.on('notice', ({ message }) => warnings.push(message!));
    for (const one of running) await one.heartbeat();
    expect(warnings).toEqual([]);
  });

  it('is given up at once when the connection that holds it is cut', async () => {
    const leadership = instance();
    await eventually(() => expect(leadership.isLeader).toBe(true));
    const superuser = new Client(database.superuserUrl);
    await superuser.connect();
    await superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'portcullis leadership' AND datname = current_database()`,
    );
    await eventually(() => expect(leadership.isLeader).toBe(false), { timeoutMs: 500 });
    await eventually(() => expect(leadership.isLeader).toBe(true));
    await superuser.end();
  });

  it('does not mistake a suspended process or machine for an outage of PostgreSQL', async () => {
    const clock = new ManualClock(Date.now());
    const leadership = instance();
    const silence = silenceOf(leadership, clock);
    await eventually(() => expect(leadership.isLeader).toBe(true));
    clock.advance(3_600_000);
    expect(silence.ms).toBe(0);
  });

  it('is given up by an instance that can no longer reach PostgreSQL, which is reported as an outage', async () => {
    const proxy = await startTcpProxy(Number(new URL(database.url).port));
    const throughProxy = new URL(database.url);
    throughProxy.host = `127.0.0.1:${proxy.port}`;
    const cutOff = instance(throughProxy.href);
    const silence = silenceOf(cutOff);
    await eventually(() => expect(cutOff.isLeader).toBe(true));
    proxy.resetOnAnswer();
    await eventually(() => expect(cutOff.isLeader).toBe(false));
    await eventually(() => expect(silence.ms).toBeGreaterThan(2500));
    proxy.heal();
    await eventually(() => expect(silence.ms).toBeLessThan(1500));
    await proxy.stop();
  });
});
