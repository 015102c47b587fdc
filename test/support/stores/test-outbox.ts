import { DataSource } from 'typeorm';
import type { Clock } from '../../../src/platform/clock/clock.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { SecretDependants } from '../../../src/platform/crypto/secret-dependants.js';
import { FieldEncryption } from '../../../src/platform/crypto/field-encryption.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import { OutboxWorker } from '../../../src/platform/outbox/outbox-worker.js';
import { Outbox } from '../../../src/platform/outbox/outbox.js';
import { OutboxRepository } from '../../../src/platform/outbox/outbox.repository.js';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** The outbox of one instance without background loops: the test triggers each step. */
export interface TestOutbox {
  readonly outbox: Outbox;
  readonly messages: OutboxRepository;
  readonly workers: OutboxWorker;
  readonly transactions: TransactionRunner;
}

/** Connects to the database as the service does, for {@link startOutbox}. */
export function outboxDataSource(database: FreshDatabase): Promise<DataSource> {
  const options = dataSourceOptions(database.settings, 'service');
  return new DataSource({ ...options, entities: [OutboxMessage] }).initialize();
}

/** Starts an outbox on a connected data source that includes {@link OutboxMessage}. */
export function startOutbox(dataSource: DataSource, clock: Clock): TestOutbox {
  const randomness = new SystemRandomness();
  const messages = new OutboxRepository(dataSource.getRepository(OutboxMessage), clock);
  const transactions = new TransactionRunner(dataSource);
  const ids = new UuidV7(clock, randomness);
  const outbox = new Outbox(messages, TEST_ENCRYPTION, clock, ids, new SecretDependants());
  const workers = new OutboxWorker(outbox, messages, transactions, clock, randomness);
  return { outbox, messages, workers, transactions };
}

/** Shared by all instances of the test installation. */
const TEST_ENCRYPTION = new FieldEncryption(
  new MasterKey('what the messages of a test are encrypted with'),
  new SystemRandomness(),
);
