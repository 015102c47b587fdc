import { existsSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { ConfigurationFault } from '../platform/config/configuration-fault.js';
import type { Environment } from '../platform/config/environment.js';
import { withStartFault } from '../platform/config/start-fault.js';
import { dataSourceOptions } from '../platform/database/data-source-options.js';
import { clusterFolder } from '../platform/embedded-postgres/embedded-postgres.js';
import { databaseName } from '../platform/database/database-name.js';
import { ownerVariable, type PreparedDatabase, prepareDatabase, reachDatabase } from './prepare-database.js';

/**
 * Prepares a database that the service has used before, for commands that make sense only on one. Throws
 * {@link ConfigurationFault} if the service has not used it, and creates nothing: otherwise a mistyped URL would look
 * like an installation without accounts.
 */
export async function prepareExistingDatabase(environment: Environment): Promise<PreparedDatabase> {
  const reached = await reachExistingDatabase(environment);
  try {
    const prepared = await prepareDatabase(reached.environment);
    return { ...prepared, stop: reached.stop };
  } catch (error) {
    await reached.stop();
    throw error;
  }
}

/** Does the same without migrating and without comparing the secrets, for commands that only read. */
export async function reachExistingDatabase(environment: Environment): Promise<PreparedDatabase> {
  const isEmbedded = environment.DATABASE_URL === undefined;
  if (isEmbedded && !existsSync(clusterFolder(environment.DATA_DIR))) throw missing(environment, 'DATA_DIR');
  const reached = await reachDatabase(environment);
  try {
    if (await withStartFault(ownerVariable(environment), () => isUsed(reached.environment))) return reached;
    throw missing(environment, isEmbedded ? 'DATA_DIR' : 'DATABASE_URL');
  } catch (error) {
    await reached.stop();
    throw error;
  }
}

function missing(environment: Environment, variable: string): ConfigurationFault {
  return new ConfigurationFault([
    `${variable} does not name a database of this service: ${databaseName(environment)} was never used by it`,
  ]);
}

async function isUsed(environment: Environment): Promise<boolean> {
  const dataSource = await new DataSource(dataSourceOptions(environment, 'migrations')).initialize();
  try {
    const [row] = await dataSource.query<[{ found: boolean }]>(
      `SELECT to_regclass('installation') IS NOT NULL AS found`,
    );
    return row.found;
  } finally {
    await dataSource.destroy();
  }
}
