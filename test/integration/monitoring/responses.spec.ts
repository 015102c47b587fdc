import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../src/audit/audit-entry.js';
import type { AuditService } from '../../../src/audit/audit.service.js';
import type { Finding } from '../../../src/monitoring/alerts/alert-kind.js';
import { resolve } from '../../../src/monitoring/alerts/alert-lifecycle.js';
import { AlertsRepository } from '../../../src/monitoring/alerts/alerts.repository.js';
import { Alert } from '../../../src/monitoring/alerts/alert.entity.js';
import { BlockAddressChannel } from '../../../src/monitoring/responses/block-address.channel.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { AddressBlock } from '../../../src/rate-limit/blocks/address-block.entity.js';
import { AddressBlocks } from '../../../src/rate-limit/blocks/address-blocks.js';
import { AddressBlocksRepository } from '../../../src/rate-limit/blocks/address-blocks.repository.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import {
  type Alerting,
  alertingDataSource,
  finding,
  startAlerting,
} from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const PERSON = '019a0000-0000-7000-8000-000000000001';

const addressesOf = (events: readonly AuditEvent[], type: string) =>
  events.flatMap((event) => (event.type === type ? [(event.details as { address: string }).address] : []));

describe('Addresses blocked in response to alerts', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  let alerting: Alerting;
  let channel: BlockAddressChannel;
  const recorded: AuditEvent[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    const clock = new ManualClock();
    dataSource = alertingDataSource(database);
    const environment = Object.assign(new Environment(), { RESPOND_BLOCK_ADDRESS: ['brute_force'] });
    const audit = {
      record: async (_: unknown, event: AuditEvent) => void recorded.push(event),
    } as unknown as AuditService;
    await dataSource.initialize();
    channel = new BlockAddressChannel(
      environment,
      new AlertsRepository(dataSource.getRepository(Alert)),
      new AddressBlocks(new AddressBlocksRepository(dataSource.getRepository(AddressBlock), clock), clock),
      audit,
      new TransactionRunner(dataSource),
    );
    alerting = await startAlerting(database, [channel], clock, dataSource);
  });
  afterAll(async () => {
    await alerting.stop();
    await database.drop();
  });
  beforeEach(() => {
    recorded.length = 0;
  });
  afterEach(async () => {
    await dataSource.query(
      'DELETE FROM monitoring_alert; DELETE FROM outbox_messages; DELETE FROM address_blocks',
    );
  });

  async function find(members?: Partial<Finding>): Promise<void> {
    await alerting.raise(finding(members));
    while (await alerting.worker(channel).drain());
  }
  const blocked = () => addressesOf(recorded, 'address_blocked');

  it('blocks an address once, however often its alert counts up while the block stands', async () => {
    for (let burst = 0; burst < 5; burst++) await find();
    expect(blocked()).toEqual(['192.0.2.1']);
  });

  it('blocks it again at the next burst after the block has expired', async () => {
    await find();
    await dataSource.query(`UPDATE address_blocks SET expires_at = expires_at - interval '1 day'`);
    await find();
    expect(blocked()).toEqual(['192.0.2.1', '192.0.2.1']);
  });

  it('blocks every address of a finding, and not only those in the evidence', async () => {
    await find({ addresses: Array.from({ length: 40 }, (_, i) => `192.0.2.${i + 1}`) });
    expect(new Set(blocked()).size).toBe(40);
    expect((await alerting.rows())[0]!.evidence.addresses).toEqual(['192.0.2.1']);
  });

  it('blocks nobody for an alert that has been resolved in the meantime', async () => {
    await alerting.raise(finding());
    const [alert] = await alerting.rows();
    resolve(alert!, PERSON);
    await alerting.transactions.run((tx) => alerting.alerts.save(tx, [alert!]));
    await alerting.worker(channel).drain();
    expect(blocked()).toEqual([]);
  });

  it('does nothing for findings without an address', async () => {
    await find({ evidence: { summary: 'Something happened.' } });
    await find({ addresses: [] });
    expect(await alerting.deliveries()).toEqual([]);
  });
});
