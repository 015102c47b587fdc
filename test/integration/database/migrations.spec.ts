import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { migrate } from '../../../src/platform/database/migrate.js';
import { MIGRATIONS } from '../../../src/platform/database/migrations/migrations.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

async function rows<T extends object>(url: string, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

class FailingMigration1800000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('SELECT 1 / 0');
  }

  async down(): Promise<void> {}
}

describe('migrate', () => {
  let db: FreshDatabase;
  beforeAll(async () => {
    db = await freshDatabase({ migrated: false });
  });
  afterAll(() => db.drop());

  it('runs each migration exactly once, however many instances start at the same time', async () => {
    const ran = await Promise.all(Array.from({ length: 6 }, () => migrate(db.settings)));
    const names = MIGRATIONS.map((migration) => migration.name);
    expect(ran.filter((one) => one.length > 0)).toEqual([names]);
    const recorded = await rows<{ name: string }>(db.ownerUrl, 'SELECT name FROM migrations ORDER BY id');
    expect(recorded.map((row) => row.name)).toEqual(names);
  });

  it('does nothing a second time', async () => {
    expect(await migrate(db.settings)).toEqual([]);
  });

  it('stores the members of seals uncompressed, also in months created later', async () => {
    const stored = await rows<{ storage: string; tables: number }>(
      db.ownerUrl,
      `SELECT attstorage AS storage, count(*)::int AS tables FROM pg_attribute
       WHERE attname = 'members' AND attrelid::regclass::text ~ '^audit_seals(_\\d|$)' GROUP BY 1`,
    );
    expect(stored).toEqual([{ storage: 'e', tables: 5 }]);
  });

  it('keeps the migrations before one that fails, also where the command line runs them', async () => {
    const fresh = await freshDatabase({ migrated: false });
    onTestFinished(() => fresh.drop());
    const dataSource = await new DataSource({
      ...dataSourceOptions(fresh.settings, 'migrations'),
      migrations: [MIGRATIONS[0]!, FailingMigration1800000000000],
    }).initialize();
    onTestFinished(() => dataSource.destroy());
    await expect(dataSource.runMigrations()).rejects.toThrow('division by zero');
    const recorded = await rows<{ name: string }>(fresh.ownerUrl, 'SELECT name FROM migrations');
    expect(recorded).toEqual([{ name: MIGRATIONS[0]!.name }]);
  });

  it('works with a single role', async () => {
    const single = await freshDatabase({ migrated: false });
    const settings = { ...single.settings, DATABASE_URL: single.ownerUrl, DATABASE_MIGRATION_URL: undefined };
    expect(await migrate(settings)).toHaveLength(MIGRATIONS.length);
    await single.drop();
  });
});

describe("the service's role", () => {
  let db: FreshDatabase;
  beforeAll(async () => {
    db = await freshDatabase();
  });
  afterAll(() => db.drop());

  it('may only read and insert into the audit tables', async () => {
    const tables = await rows<{ name: string; rights: string[] }>(
      db.url,
      `SELECT c.relname AS name, ARRAY(
         SELECT right_name FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','TRIGGER','REFERENCES']) AS right_name
         WHERE has_table_privilege(c.oid, right_name)) AS rights
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND starts_with(c.relname, 'audit_')`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(3);
    for (const { name, rights } of tables) expect([name, rights]).toEqual([name, ['SELECT', 'INSERT']]);
  });

  it('keeps its privileges while another instance starts', async () => {
    const starting = (async () => {
      for (let start = 0; start < 5; start++) await migrate(db.settings);
      return 'started';
    })();
    const client = new Client(db.url);
    await client.connect();
    let looks = 0;
    for (let done = false; !done; looks++) {
      await client.query('SELECT FROM users, sessions, audit_events, monitoring_alert LIMIT 0');
      done = (await Promise.race([starting, Promise.resolve('starting')])) === 'started';
    }
    await client.end();
    expect(looks).toBeGreaterThan(20);
  });

  it('is the only role besides the owner that may run functions that run as the owner', async () => {
    const functions = await rows<{ name: string; service: boolean; other: boolean }>(
      db.url,
      `SELECT proname AS name, has_function_privilege(oid, 'EXECUTE') AS service,
              has_function_privilege('pg_read_all_data', oid, 'EXECUTE') AS other
       FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`,
    );
    expect(functions.map(({ name }) => name)).toContain('audit_drop_month');
    for (const { name, ...may } of functions)
      expect([name, may]).toEqual([name, { service: true, other: false }]);
  });

  it('has no privileges on the monthly partitions of the audit tables', async () => {
    const months = await rows<{ name: string }>(
      db.url,
      `SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r'
         AND has_table_privilege(oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE')`,
    );
    expect(months).toEqual([]);
  });

  it.each([
    'UPDATE audit_events SET type = type',
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    'DROP TABLE audit_events',
  ])('is refused %s', async (statement) => {
    await expect(rows(db.url, statement)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('may change the rows of every other table, except the record of migrations', async () => {
    const tables = await rows<{ name: string; writable: boolean }>(
      db.url,
      `SELECT tablename AS name, has_table_privilege('public.' || tablename, 'UPDATE') AS writable FROM pg_tables
       WHERE schemaname = 'public' AND NOT starts_with(tablename, 'audit_')`,
    );
    expect(tables.filter((table) => !table.writable)).toEqual([{ name: 'migrations', writable: false }]);
  });

  it('loses excessive grants at the next migration', async () => {
    const [{ role }] = (await rows<{ role: string }>(db.url, 'SELECT current_user AS role')) as [
      { role: string },
    ];
    await rows(db.ownerUrl, `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    await migrate(db.settings);
    await expect(rows(db.url, 'DELETE FROM audit_events')).rejects.toThrow('permission denied');
  });
});
