import { Client } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { type DatabaseSettings, dataSourceOptions } from './data-source-options.js';
import { grantToService } from './grants.js';
import { MIGRATIONS } from './migrations/migrations.js';

/** Any constant that no other user of advisory locks in the same database picks: the bytes of "Portcull". */
const MIGRATION_LOCK = '5795977089659530348';

/** Runs the pending migrations and answers their names. A failed one is rolled back alone; those before it stay. */
export async function migrate(settings: DatabaseSettings): Promise<string[]> {
  const ran = await changeSchema(settings, (dataSource) => dataSource.runMigrations({ transaction: 'each' }));
  return ran.map((migration) => migration.name);
}

/**
 * Does something to the schema as the owner, and then what has to follow: the grants to the service's role.
 * TypeORM takes no lock of its own, so instances that start together queue here on an advisory lock.
 */
export async function changeSchema<T>(
  settings: DatabaseSettings,
  change: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = new DataSource({
    ...dataSourceOptions(settings, 'migrations'),
    migrations: [...MIGRATIONS],
  });
  await dataSource.initialize();
  const guard = dataSource.createQueryRunner();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const result = await change(dataSource);
    const service = serviceRole(settings);
    if (service !== undefined && service !== (await currentRole(guard))) {
      // In one transaction, or the instances that serve already would be without rights between two statements.
      await guard.startTransaction();
      await grantToService(guard, service);
      await guard.commitTransaction();
    }
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
