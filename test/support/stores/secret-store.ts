import { DataSource, type Logger } from 'typeorm';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { FieldEncryption } from '../../../src/platform/crypto/field-encryption.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { SecretSeal } from '../../../src/platform/secrets/secret-seal.js';
import { SecretsRepository } from '../../../src/platform/secrets/secrets.repository.js';
import { SingleUseSecrets } from '../../../src/platform/secrets/single-use-secrets.js';
import { ManualClock } from '../time/manual-clock.js';
import type { FreshDatabase } from '../postgres/fresh-database.js';

/** One instance of the service on a database, with its own pool and clock. */
export interface SecretStore {
  readonly secrets: SingleUseSecrets;
  readonly repository: SecretsRepository;
  readonly transactions: TransactionRunner;
  readonly dataSource: DataSource;
  readonly clock: ManualClock;
  /** Runs `work` and returns the SQL statements on secrets that it executed. */
  statementsOf(work: () => Promise<unknown>): Promise<string[]>;
}

const ignore = () => undefined;

/** Opens an instance; with another master secret, it belongs to another installation on the same database. */
export async function secretStore(
  database: FreshDatabase,
  masterSecret = 'the master secret of the instances in this test',
): Promise<SecretStore> {
  const statements: string[] = [];
  const record = (query: string) => void statements.push(query);
  const logger: Logger = {
    logQuery: record,
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  };
  const options = dataSourceOptions(database.settings, 'service');
  const dataSource = await new DataSource({ ...options, logging: ['query'], logger }).initialize();
  const clock = new ManualClock();
  const randomness = new SystemRandomness();
  const repository = new SecretsRepository(dataSource);
  const masterKey = new MasterKey(masterSecret);
  const seal = new SecretSeal(masterKey, new FieldEncryption(masterKey, randomness));
  return {
    secrets: new SingleUseSecrets(repository, seal, clock, new UuidV7(clock, randomness), randomness),
    repository,
    transactions: new TransactionRunner(dataSource),
    dataSource,
    clock,
    statementsOf: async (work) => {
      statements.length = 0;
      await work();
      return statements.filter((text) => text.includes('single_use_secrets'));
    },
  };
}
