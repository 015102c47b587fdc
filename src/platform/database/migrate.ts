import { Client } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { beginLocked, type LockWait } from './advisory-lock.js';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { interruptBy } from './brief-lock.js';
import { type DatabaseSettings, dataSourceOptions } from './data-source-options.js';
import { grantToService } from './grants.js';
import { MIGRATIONS } from './migrations/migrations.js';

/** The guard's transaction is idle while migrations run, and must not outlive a process whose machine is lost. */
const NOTICE_LOST_PEER = 'SET LOCAL tcp_keepalives_idle = 10; SET LOCAL tcp_keepalives_interval = 2';

/**
 * Runs the pending migrations and returns their names. Only a failed one is rolled back; the ones before it are kept.
 */
export async function migrate(settings: DatabaseSettings, wait?: LockWait): Promise<string[]> {
  const ran = await changeSchema(settings, (dataSource) => dataSource.runMigrations(), wait);
  return ran.map((migration) => migration.name);
}

/**
 * Changes the schema as the owner and then grants the service's role its privileges. TypeORM takes no lock, so
 * instances that start together wait here for an advisory lock. Throws {@link LockNotAvailable} if it is not available
 * in time, and {@link StartInterrupted} if the signal arrives during that wait or one for a table.
 */
export async function changeSchema<T>(
  settings: DatabaseSettings,
  change: (dataSource: DataSource) => Promise<T>,
  wait?: LockWait,
): Promise<T> {
  const dataSource = new DataSource({
    ...dataSourceOptions(settings, 'migrations'),
    migrations: [...MIGRATIONS],
  });
  interruptBy(wait?.signal, dataSource);
  await dataSource.initialize();
  const guard = dataSource.createQueryRunner();
  try {
    await beginLocked(guard, ADVISORY_LOCKS.schema, wait);
    await guard.query(NOTICE_LOST_PEER);
    const result = await change(dataSource);
    const service = serviceRole(settings);
    // In one transaction; otherwise running instances would lose their privileges between two statements.
    if (service !== undefined && service !== (await currentRole(guard))) await grantToService(guard, service);
    await guard.commitTransaction();
    return result;
  } finally {
    await guard.release();
    await dataSource.destroy();
  }
}

/** Returns the role in the URL, or node-postgres' default if the URL names none. */
function serviceRole(settings: DatabaseSettings): string | undefined {
  return new Client(settings.DATABASE_URL).user;
}

async function currentRole(queryRunner: QueryRunner): Promise<string> {
  const [row] = (await queryRunner.query('SELECT current_user AS role')) as [{ role: string }];
  return row.role;
}
