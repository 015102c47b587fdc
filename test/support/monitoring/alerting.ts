import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AlertChange } from '../../../src/monitoring/alerts/alert-change.js';
import type { AlertKind, Finding } from '../../../src/monitoring/alerts/alert-kind.js';
import { AlertIds } from '../../../src/monitoring/alerts/alert-ids.js';
import { AlertRaiser } from '../../../src/monitoring/alerts/alert-raiser.js';
import { Alert } from '../../../src/monitoring/alerts/alert.entity.js';
import { AlertsRepository } from '../../../src/monitoring/alerts/alerts.repository.js';
import { DeliveriesRepository } from '../../../src/monitoring/delivery/deliveries.repository.js';
import type { DeliveryChannel } from '../../../src/monitoring/delivery/delivery-channel.js';
import { DeliveryQueue } from '../../../src/monitoring/delivery/delivery-queue.js';
import { DeliveryWorker } from '../../../src/monitoring/delivery/delivery-worker.js';
import { Delivery } from '../../../src/monitoring/delivery/delivery.entity.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { AddressBlock } from '../../../src/rate-limit/blocks/address-block.entity.js';
import { ManualClock } from '../clock/manual-clock.js';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** One instance's part in raising alerts and delivering them, without the loops: a test takes the steps itself. */
export interface Alerting {
  readonly dataSource: DataSource;
  readonly transactions: TransactionRunner;
  readonly alerts: AlertsRepository;
  readonly raiser: AlertRaiser;
  readonly worker: DeliveryWorker;
  readonly changes: AlertChange[];
  raise(...findings: Finding[]): Promise<void>;
  rows(): Promise<Alert[]>;
  deliveries(): Promise<Delivery[]>;
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
  const ids = new UuidV7(clock, new SystemRandomness());
  const alerts = new AlertsRepository(dataSource.getRepository(Alert));
  const deliveries = new DeliveriesRepository(dataSource.getRepository(Delivery));
  const raiser = new AlertRaiser(alerts, new DeliveryQueue(channels, deliveries, clock, ids), TEST_ALERT_IDS);
  const changes: AlertChange[] = [];
  raiser.changes.subscribe((change) => changes.push(change));
  return {
    dataSource,
    transactions,
    alerts,
    raiser,
    worker: new DeliveryWorker(channels, deliveries, raiser, clock, new SystemRandomness()),
    changes,
    raise: (...findings) => transactions.run((tx) => raiser.raise(tx, findings)),
    rows: () => dataSource.getRepository(Alert).find({ order: { rule: 'ASC', subject: 'ASC' } }),
    deliveries: () => dataSource.getRepository(Delivery).find({ order: { id: 'ASC' } }),
    stop: () => dataSource.destroy(),
  };
}

/** What {@link startAlerting} writes through, for channels that need it as well; not connected yet. */
export function alertingDataSource(database: FreshDatabase): DataSource {
  const options = dataSourceOptions(database.settings, 'service');
  return new DataSource({ ...options, entities: [Alert, Delivery, AddressBlock] });
}

/** Of one installation, whatever its instances. */
export const TEST_ALERT_IDS = new AlertIds(new MasterKey('what the alerts of a test are named by'));

export const WARNING: AlertKind = { name: 'brute_force', severity: 'warning', quietSeconds: 60 };
export const CRITICAL: AlertKind = { ...WARNING, severity: 'critical' };

/** A finding as a rule would make it. */
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
