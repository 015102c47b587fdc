import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AlertChange } from '../../../src/monitoring/alerts/alert-change.js';
import type { AlertKind, Finding } from '../../../src/monitoring/alerts/alert-kind.js';
import { AlertDispatch } from '../../../src/monitoring/alerts/alert-dispatch.js';
import { AlertIds } from '../../../src/monitoring/alerts/alert-ids.js';
import { AlertRaiser } from '../../../src/monitoring/alerts/alert-raiser.js';
import { Alert } from '../../../src/monitoring/alerts/alert.entity.js';
import { AlertsRepository } from '../../../src/monitoring/alerts/alerts.repository.js';
import type { DeliveryChannel } from '../../../src/monitoring/alerts/delivery-channel.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import type { ChannelWorker } from '../../../src/platform/outbox/channel-worker.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import type { Outbox } from '../../../src/platform/outbox/outbox.js';
import { AddressBlock } from '../../../src/rate-limit/blocks/address-block.entity.js';
import { ManualClock } from '../time/manual-clock.js';
import { startOutbox } from '../stores/test-outbox.js';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** Raises and delivers the alerts of one instance without background loops: the test triggers each step. */
export interface Alerting {
  readonly dataSource: DataSource;
  readonly transactions: TransactionRunner;
  readonly alerts: AlertsRepository;
  readonly raiser: AlertRaiser;
  readonly outbox: Outbox;
  /** The worker of a channel. */
  readonly worker: (channel: { readonly name: string }) => ChannelWorker;
  readonly changes: AlertChange[];
  raise(...findings: Finding[]): Promise<void>;
  rows(): Promise<Alert[]>;
  deliveries(): Promise<OutboxMessage[]>;
  stop(): Promise<void>;
}

export async function startAlerting(
  database: FreshDatabase,
  channels: readonly DeliveryChannel[] = [],
  clock: ManualClock = new ManualClock(),
  dataSource: DataSource = alertingDataSource(database),
): Promise<Alerting> {
  Logger.overrideLogger(false);
  if (!dataSource.isInitialized) await dataSource.initialize();
  const transactions = new TransactionRunner(dataSource);
  const alerts = new AlertsRepository(dataSource.getRepository(Alert));
  const { outbox, workers } = startOutbox(dataSource, clock);
  const dispatch = new AlertDispatch(channels, outbox);
  dispatch.onModuleInit();
  const raiser = new AlertRaiser(alerts, dispatch, TEST_ALERT_IDS);
  const changes: AlertChange[] = [];
  raiser.changes.subscribe((change) => changes.push(change));
  return {
    dataSource,
    transactions,
    alerts,
    raiser,
    outbox,
    worker: ({ name }) => workers.workerOf(name),
    changes,
    raise: (...findings) => transactions.run((tx) => raiser.raise(tx, findings)),
    rows: () => dataSource.getRepository(Alert).find({ order: { rule: 'ASC', subject: 'ASC' } }),
    deliveries: () => dataSource.getRepository(OutboxMessage).find({ order: { id: 'ASC' } }),
    stop: () => dataSource.destroy(),
  };
}

/** The data source of {@link startAlerting}, for channels that need it too; not connected yet. */
export function alertingDataSource(database: FreshDatabase): DataSource {
  const options = dataSourceOptions(database.settings, 'service');
  return new DataSource({ ...options, entities: [Alert, OutboxMessage, AddressBlock] });
}

/** Shared by all instances of the test installation. */
export const TEST_ALERT_IDS = new AlertIds(new MasterKey('what the alerts of a test are named by'));

export const WARNING: AlertKind = { name: 'brute_force', severity: 'warning', quietSeconds: 60 };
export const CRITICAL: AlertKind = { ...WARNING, severity: 'critical' };

/** Creates a finding like those of a rule. */
export function finding(members: Partial<Finding> = {}): Finding {
  return {
    kind: WARNING,
    subject: 'address:192.0.2.1',
    count: 1,
    firstSeenAt: new Date(Date.UTC(2026, 0, 1)),
    lastSeenAt: new Date(Date.UTC(2026, 0, 1, 0, 0, 5)),
    evidence: { summary: 'Something happened.', addresses: ['192.0.2.1'] },
    ...members,
  };
}
