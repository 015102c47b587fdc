import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Environment } from '../platform/config/environment.js';
import { withStartFault, withFileFault } from '../platform/config/start-fault.js';
import { assertOwnFolder } from '../platform/database/data-folder.js';
import { dataSourceOptions } from '../platform/database/data-source-options.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { assertInstallation } from '../platform/secret-keys/installation.js';
import { migrate } from '../platform/database/migrate.js';
import { checkServiceRole } from '../platform/database/service-role-check.js';

/** A migrated database and a function that releases it after everything else has stopped. */
export interface PreparedDatabase {
  readonly environment: Environment;
  readonly stop: () => Promise<void>;
}

/**
 * Prepares the database of DATABASE_URL, or else the embedded one: migrates it, checks that it was first used with the
 * current secrets and data folder, and makes it usable for the service's role. Throws {@link ConfigurationFault} or
 * {@link StartFault}, which name the variable, or {@link StartInterrupted} if the signal arrives while it waits for
 * another instance.
 */
export async function prepareDatabase(
  environment: Environment,
  signal?: AbortSignal,
): Promise<PreparedDatabase> {
  const prepared = await reachDatabase(environment);
  try {
    const owner = ownerVariable(environment);
    await withStartFault(owner, () => migrate(prepared.environment, { signal }));
    await withStartFault(owner, () => assertFirstUser(prepared.environment));
    await withStartFault('DATABASE_URL', () => checkServiceRole(prepared.environment));
    return prepared;
  } catch (error) {
    await prepared.stop();
    throw error;
  }
}

/** The variable that holds the URL of the tables' owner. Faults of the migrations are attributed to it. */
export function ownerVariable({ DATABASE_MIGRATION_URL }: Environment): string {
  return DATABASE_MIGRATION_URL === undefined ? 'DATABASE_URL' : 'DATABASE_MIGRATION_URL';
}

/** Returns an environment that always has a DATABASE_URL; starts or adopts an embedded server if none is given. */
export async function reachDatabase(environment: Environment): Promise<PreparedDatabase> {
  if (environment.DATABASE_URL !== undefined) return { environment, stop: () => Promise.resolve() };
  const embedded = await withFileFault('DATA_DIR', () =>
    startEmbeddedPostgres({ dataDir: environment.DATA_DIR, logger: new Logger('Embedded PostgreSQL') }),
  );
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
