import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Environment } from '../platform/config/environment.js';
import { faultOf } from '../platform/config/start-fault.js';
import { assertOwnFolder } from '../platform/database/data-folder.js';
import { dataSourceOptions } from '../platform/database/data-source-options.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { assertInstallation } from '../platform/database/installation-fingerprint.js';
import { migrate } from '../platform/database/migrate.js';
import { checkServiceRole } from '../platform/database/service-role-check.js';

/** A migrated database, and how to let go of it when everything else has stopped. */
export interface PreparedDatabase {
  readonly environment: Environment;
  readonly stop: () => Promise<void>;
}

/**
 * Prepares the database that DATABASE_URL names, or else the embedded one: migrated, first used with the secrets and the
 * data folder at hand, and usable by the service's role. Throws {@link ConfigurationFault} and {@link StartFault}, which
 * name the variable, and {@link StartInterrupted} when the signal is given while it waits for another instance.
 */
export async function prepareDatabase(
  environment: Environment,
  signal?: AbortSignal,
): Promise<PreparedDatabase> {
  const prepared = await reachDatabase(environment);
  try {
    const owner =
      environment.DATABASE_MIGRATION_URL === undefined ? 'DATABASE_URL' : 'DATABASE_MIGRATION_URL';
    await faultOf(owner, () => migrate(prepared.environment, { signal }));
    await faultOf(owner, () => assertFirstUser(prepared.environment));
    await faultOf('DATABASE_URL', () => checkServiceRole(prepared.environment));
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
    await assertOwnFolder(dataSource, environment.DATA_DIR);
  } finally {
    await dataSource.destroy();
  }
}
