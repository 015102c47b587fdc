import { Client } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { beginLocked, type LockWait } from './advisory-lock.js';
import { type DatabaseSettings, dataSourceOptions } from './data-source-options.js';
import { grantToService } from './grants.js';
import { MIGRATIONS } from './migrations/migrations.js';

/** Any constant that no other user of advisory locks in the same database picks: the bytes of "Portcull". */
const MIGRATION_LOCK = '5795977089659530348';

/** The guard's transaction idles while migrations run, and must not outlive a process whose machine is gone. */
const NOTICE_LOST_PEER = 'SET LOCAL tcp_keepalives_idle = 10; SET LOCAL tcp_keepalives_interval = 2';

/** Runs the pending migrations and returns their names. A failed one is rolled back alone; those before it stay. */
export async function migrate(settings: DatabaseSettings, wait?: LockWait): Promise<string[]> {
  const ran = await changeSchema(
    settings,
    (dataSource) => dataSource.runMigrations({ transaction: 'each' }),
    wait,
  );
  return ran.map((migration) => migration.name);
}

/**
 * Does something to the schema as the owner, and then what has to follow: the grants to the service's role.
 * TypeORM takes no lock of its own, so instances that start together queue here on an advisory lock. Throws
 * {@link LockNotAvailable} when it is not free in time.
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
  await dataSource.initialize();
  const guard = dataSource.createQueryRunner();
  try {
    await beginLocked(guard, MIGRATION_LOCK, wait);
    await guard.query(NOTICE_LOST_PEER);
    const result = await change(dataSource);
    const service = serviceRole(settings);
    // In one transaction, or the instances that serve already would be without rights between two statements.
    if (service !== undefined && service !== (await currentRole(guard))) await grantToService(guard, service);
    await guard.commitTransaction();
    return result;
  } finally {
    await guard.release();
    await dataSource.destroy();
  }
}

/** The role that an address means, with node-postgres' own defaults where it names none. */
function serviceRole(settings: DatabaseSettings): string | undefined {
  return new Client(settings.DATABASE_URL).user;
}

async function currentRole(queryRunner: QueryRunner): Promise<string> {
  const [row] = (await queryRunner.query('SELECT current_user AS role')) as [{ role: string }];
  return row.role;
}
