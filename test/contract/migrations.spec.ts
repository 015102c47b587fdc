import { readdir } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIGRATIONS } from '../../src/platform/database/migrations/migrations.js';
import { type OwnObjects, ownObjects } from '../../src/platform/database/own-objects.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';

describe('entities and migrations', () => {
  let db: FreshDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    db = await freshDatabase();
    vi.stubEnv('DATABASE_URL', db.url);
    vi.stubEnv('DATABASE_MIGRATION_URL', db.ownerUrl);
    vi.stubEnv('JWT_SECRET_KEY', 'a secret for the loader of the environment');
    vi.stubEnv('PASSWORD_PEPPER', 'another secret for the loader of the environment');
    const ormconfig = await import('../../ormconfig.js');
    dataSource = await ormconfig.default.initialize();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await dataSource.destroy();
    await db.drop();
  });

  it('describe the same tables', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('are all listed in ormconfig.ts', async () => {
    const files = await readdir('src', { recursive: true });
    const entities = files.filter((file) => file.endsWith('.entity.ts'));
    expect(dataSource.entityMetadatas).toHaveLength(entities.length);
    const migrations = (await readdir('src/platform/database/migrations')).filter((file) => /^\d/.test(file));
    expect(dataSource.migrations).toHaveLength(migrations.length);
  });

  it('have migrations in the order of their timestamps', () => {
    const timestamps = MIGRATIONS.map((migration) => Number(/\d{13}$/.exec(migration.name)?.[0]));
    expect(timestamps).toEqual(timestamps.toSorted((one, other) => one - other));
    expect(timestamps).not.toContain(NaN);
  });

  it('name in their classes every object on which the service has privileges', async () => {
    const rows = await dataSource.query<{ kind: keyof OwnObjects; name: string }[]>(
      `SELECT 'tables' AS kind, relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
       UNION SELECT 'functions', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
    );
    const own = ownObjects();
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(({ kind, name }) => !own[kind].includes(name))).toEqual([]);
  });

  it('can be reverted completely and applied again', async () => {
    for (const _ of MIGRATIONS) await dataSource.undoLastMigration();
    const left = await dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')
       UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY name`,
    );
    expect(left.map(({ name }) => name)).toEqual(['migrations', 'migrations_id_seq']);
    expect(await dataSource.runMigrations()).toHaveLength(MIGRATIONS.length);
  });
});
