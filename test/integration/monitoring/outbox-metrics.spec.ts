import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/monitoring/metrics/metrics.js';
import { OutboxMetrics } from '../../../src/monitoring/metrics/outbox-metrics.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { outboxDataSource, startOutbox, type TestOutbox } from '../../support/stores/test-outbox.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const CHANNELS = ['mail', 'webhook'];

describe('The metrics of the outbox', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  let clock: ManualClock;
  let instance: TestOutbox;
  let metrics: Metrics;
  let outboxMetrics: OutboxMetrics;
  let deliver: () => Promise<void>;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await freshDatabase();
    dataSource = await outboxDataSource(database);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    await dataSource.query('DELETE FROM outbox_messages');
    clock = new ManualClock();
    deliver = async () => undefined;
    instance = startOutbox(dataSource, clock);
    for (const name of CHANNELS) instance.outbox.register({ name, sealed: true, deliver: () => deliver() });
    metrics = new Metrics();
    outboxMetrics = new OutboxMetrics(metrics, instance.outbox, instance.messages);
  });

  const send = (channel: string) =>
    instance.transactions.run((tx) =>
      instance.outbox.enqueue(tx, [{ channel, subject: 'user:1', payload: null, priority: 'normal' }]),
    );
  const attempt = (channel: string) => instance.workers.workerOf(channel).drain();
  /** Rounded to ten seconds, because PostgreSQL's clock continues. */
  const oldest = async () => {
    await outboxMetrics.read();
    const metric = await metrics.registry.getSingleMetric('portcullis_outbox_oldest_pending_seconds')!.get();
    return Object.fromEntries(
      metric.values.map(({ labels, value }) => [labels['channel'], 10 * Math.round(value / 10)]),
    );
  };

  it('show how long the oldest pending message of each channel has been waiting', async () => {
    deliver = async () => Promise.reject(new Error('no connection'));
    expect(await oldest()).toEqual({ mail: 0, webhook: 0 });
    await send('mail');
    await attempt('mail');
    clock.advance(600_000);
    await send('mail');
    await attempt('mail');
    expect(await oldest()).toEqual({ mail: 600, webhook: 0 });
    await send('webhook');
    clock.advance(60_000);
    expect(await oldest()).toEqual({ mail: 660, webhook: 60 });
    deliver = async () => undefined;
    await attempt('mail');
    expect(await oldest()).toEqual({ mail: 0, webhook: 60 });
  });

  it('show no negative time for a message of an instance whose clock is ahead', async () => {
    clock.advance(60_000);
    await send('mail');
    clock.advance(-60_000);
    expect(await oldest()).toEqual({ mail: 0, webhook: 0 });
  });
});
