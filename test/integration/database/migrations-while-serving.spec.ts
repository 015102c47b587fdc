import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StartInterrupted } from '../../../src/platform/database/advisory-lock.js';
import { changeBriefly, TableInUse } from '../../../src/platform/database/brief-lock.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { migrate } from '../../../src/platform/database/migrate.js';
import { MIGRATIONS } from '../../../src/platform/database/migrations/migrations.js';
import { TokenExpiry1795400040000 } from '../../../src/platform/database/migrations/1795400040000-token-expiry.js';
import { TrailProofs1795400041000 } from '../../../src/platform/database/migrations/1795400041000-trail-proofs.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const LATER = MIGRATIONS.slice(MIGRATIONS.indexOf(TokenExpiry1795400040000)).map(({ name }) => name);

/** The previous version serves while the migrations run, and somebody may dump the database at that time. */
describe('A migration of a table that a backup reads', () => {
  let db: FreshDatabase;
  let owner: DataSource;
  let backup: Client;
  let writer: Client;

  beforeEach(async () => {
    db = await freshDatabase();
    owner = await new DataSource({
      ...dataSourceOptions(db.settings, 'migrations'),
      migrations: [...MIGRATIONS],
    }).initialize();
    for (const _ of LATER) await owner.undoLastMigration();
    backup = new Client(db.ownerUrl);
    writer = new Client(db.ownerUrl);
    await Promise.all([backup.connect(), writer.connect()]);
  });
  afterEach(async () => {
    await Promise.all([backup.end(), writer.end(), owner.destroy()]);
    await db.drop();
  });

  const read = (table: string) => backup.query(`BEGIN; LOCK TABLE ${table} IN ACCESS SHARE MODE`);
  /** Until the migration waits for the lock. */
  const waits = (table: string) =>
    vi.waitFor(
      async () => {
        const { rows } = await writer.query(
          'SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass',
          [table],
        );
        expect(rows).toHaveLength(1);
      },
      { timeout: 10_000, interval: 5 },
    );
  /** Like a statement of the service, which is cancelled after 900 ms. */
  const write = (table: string) =>
    writer.query(
      `BEGIN; SET LOCAL statement_timeout = 900; LOCK TABLE ${table} IN ROW EXCLUSIVE MODE; COMMIT`,
    );

  it.each(['sessions', 'erasures', 'audit_events', 'audit_calls', 'audit_seals'])(
    'does not make writers of %s wait for the end of the backup, and is done after it',
    async (table) => {
      await read(table);
      const migrated = migrate(db.settings);
      await waits(table);
      await write(table);
      await backup.query('COMMIT');
      expect(await migrated).toEqual(LATER);
    },
  );

  it('gives up in the end, and says which table is in use', async () => {
    await read('audit_calls');
    const runner = owner.createQueryRunner();
    await expect(
      changeBriefly(runner, 'audit_calls', 'ALTER TABLE audit_calls ADD COLUMN later int', 2),
    ).rejects.toThrow('the table audit_calls must be changed');
    expect(runner.isTransactionActive).toBe(false);
    await runner.release();
  });

  it('never makes writers wait longer because a backup takes long', { timeout: 20_000 }, async () => {
    await read('sessions');
    const runner = owner.createQueryRunner();
    const ended = new AbortController();
    const change = changeBriefly(runner, 'sessions', 'ALTER TABLE sessions ADD COLUMN later int', 6)
      .catch((error: unknown) => error)
      .finally(() => ended.abort());
    while (!ended.signal.aborted) await write('sessions');
    expect(await change).toBeInstanceOf(TableInUse);
    await runner.release();
  });

  it('ends at a signal, however many migrations would have to wait', async () => {
    await read('sessions');
    const interruption = new AbortController();
    const migrated = migrate(db.settings, { signal: interruption.signal });
    migrated.catch(() => undefined);
    await waits('sessions');
    const interruptedMs = performance.now();
    interruption.abort();
    await expect(migrated).rejects.toThrow(StartInterrupted);
    expect(performance.now() - interruptedMs).toBeLessThan(3000);
  });

  it('can be made again after a start that gave up in the middle', async () => {
    const migration = new TrailProofs1795400041000();
    const runner = owner.createQueryRunner();
    await migration.up(runner);
    await runner.release();
    expect(await migrate(db.settings)).toEqual(LATER);
  });
});
