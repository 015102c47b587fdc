import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Environment } from '../platform/config/environment.js';
import { dataSourceOptions } from '../platform/database/data-source-options.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { assertInstallation } from '../platform/database/installation-fingerprint.js';
import { migrate } from '../platform/database/migrate.js';

/** A migrated database, and how to let go of it when everything else has stopped. */
export interface PreparedDatabase {
  readonly environment: Environment;
  readonly stop: () => Promise<void>;
}

/**
 * Sees to a database that the service can use: the one that DATABASE_URL names, or else the embedded one; migrated,
 * and first used with the secrets at hand. Throws {@link ConfigurationFault} for other secrets.
 */
export async function prepareDatabase(environment: Environment): Promise<PreparedDatabase> {
  const prepared = await reachDatabase(environment);
  try {
    await migrate(prepared.environment);
    await assertFirstUser(prepared.environment);
    return prepared;
  } catch (error) {
    await prepared.stop();
    throw error;
  }
}

/** The environment with a DATABASE_URL in any case; an embedded server is started, or adopted, for it. */
export async function reachDatabase(environment: Environment): Promise<PreparedDatabase> {
  if (environment.DATABASE_URL !== undefined) return { environment, stop: () => Promise.resolve() };
  const embedded = await startEmbeddedPostgres({
    dataDir: environment.DATA_DIR,
    logger: new Logger('Embedded PostgreSQL'),
  });
  const reached = Object.assign(
    Object.create(Object.getPrototypeOf(environment) as object) as Environment,
    environment,
    {
      DATABASE_URL: embedded.serviceUrl,
      DATABASE_MIGRATION_URL: embedded.ownerUrl,
    },
  );
  return { environment: reached, stop: () => embedded.stop() };
}

async function assertFirstUser(environment: Environment): Promise<void> {
  const dataSource = await new DataSource(dataSourceOptions(environment, 'migrations')).initialize();
  try {
    await assertInstallation(dataSource, environment);
  } finally {
    await dataSource.destroy();
  }
}
