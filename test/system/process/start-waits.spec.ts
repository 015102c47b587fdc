import { Logger } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { failureOf } from '../../../src/app/failure.js';
import { withStartFault } from '../../../src/platform/config/start-fault.js';
import { LockNotAvailable, StartInterrupted } from '../../../src/platform/database/advisory-lock.js';
import { ADVISORY_LOCKS } from '../../../src/platform/database/advisory-locks.js';
import { migrate } from '../../../src/platform/database/migrate.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { lockWaits } from '../../support/postgres/lock-waits.js';
import { startService } from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

/** Number of concurrent starts on an empty database; set ROUNDS=10 for a release. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

async function empty(): Promise<FreshDatabase> {
  const database = await freshDatabase({ migrated: false });
  onTestFinished(() => database.drop());
  return database;
}

/** Holds the migration lock in another session. */
async function holdLock(database: FreshDatabase): Promise<void> {
  const stranger = new Client({ connectionString: database.superuserUrl, application_name: 'a stranger' });
  await stranger.connect();
  await stranger.query(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.schema})`);
  onTestFinished(() => stranger.end());
}

describe('A start that waits for the migration lock', () => {
  it('gives up after its timeout, and names the holder', async () => {
    const database = await empty();
    await holdLock(database);
    const waited = withStartFault('DATABASE_URL', () => migrate(database.settings, { giveUpAfterMs: 500 }));
    const error: unknown = await waited.catch((fault: unknown) => fault);
    expect((error as Error).cause).toBeInstanceOf(LockNotAvailable);
    expect(failureOf(error)).toEqual({
      exitCode: 1,
      lines: [
        expect.stringMatching(/^DATABASE_URL: the migration lock is held by process \d+ \(a stranger\)/),
      ],
    });
  });

  it('logs the holder while it waits, and ends at a signal', { timeout: 20_000 }, async () => {
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    onTestFinished(() => {
      log.mockRestore();
    });
    const database = await empty();
    await holdLock(database);
    const interruption = new AbortController();
    const waiting = migrate(database.settings, { signal: interruption.signal });
    waiting.catch(() => undefined);
    await expect.poll(() => log.mock.calls.flat().join('\n'), { timeout: 8000 }).toContain('(a stranger)');
    interruption.abort();
    await expect(waiting).rejects.toThrow(StartInterrupted);
  });

  it('ends with code 0 within seconds of SIGTERM', { timeout: 120_000 }, async () => {
    const database = await empty();
    await holdLock(database);
    const service = await startService({
      command: [process.execPath, 'scripts/start.cjs'],
      env: {
        DATA_DIR: await temporaryFolder(),
        DATABASE_URL: database.url,
        DATABASE_MIGRATION_URL: database.ownerUrl,
      },
    });
    await expect
      .poll(() => service.output(), { timeout: 90_000 })
      .toContain('Waiting for the migration lock');
    const toldMs = performance.now();
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(10_000);
  });
});

describe('A migration run by a command', { timeout: 120_000 }, () => {
  const START_MS = { timeoutMs: 60_000 };
  const migration = async ({ url, ownerUrl }: FreshDatabase) =>
    startService({
      command: [process.execPath, 'scripts/typeorm.mjs', 'migration:run'],
      env: { DATA_DIR: await temporaryFolder(), DATABASE_URL: url, DATABASE_MIGRATION_URL: ownerUrl },
    });

  it('ends with code 1 within two seconds of SIGTERM while it waits for the migration lock', async () => {
    const database = await empty();
    await holdLock(database);
    const command = await migration(database);
    await eventually(() => expect(command.output()).toContain('Waiting for the migration lock'), START_MS);
    const toldMs = performance.now();
    command.child.kill('SIGTERM');
    expect(await command.ended).toBe(1);
    expect(performance.now() - toldMs).toBeLessThan(2000);
    expect(command.output()).toContain('Interrupted: run it again to finish.');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'leaves no process that migrates without the lock when %s ends it',
    async (signal) => {
      const database = await freshDatabase();
      onTestFinished(() => database.drop());
      const stranger = new Client(database.superuserUrl);
      await stranger.connect();
      onTestFinished(() => stranger.end());
      await stranger.query('BEGIN; LOCK TABLE migrations');
      const command = await migration(database);
      const { pid } = command.child;
      const migrating = await eventually(async () => {
        expect(await lockWaits(stranger)).toBe(1);
        const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
        expect(children).not.toBe('');
        return children.trim();
      }, START_MS);
      command.child.kill(signal);
      expect(await command.ended).toBe(1);
      expect(existsSync(`/proc/${migrating}`)).toBe(false);
    },
  );
});

it(
  'four instances that start concurrently on an empty database all serve',
  { timeout: 150_000 * ROUNDS },
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const database = await empty();
      const env = {
        DATABASE_URL: database.url,
        DATABASE_MIGRATION_URL: database.ownerUrl,
        JWT_SECRET_KEY: 'one master secret for all four of them',
        PASSWORD_PEPPER: 'one pepper for all four of them, as well',
      };
      const services = await Promise.all(
        Array.from({ length: 4 }, async () =>
          startService({
            command: [process.execPath, 'scripts/start.cjs'],
            env: { ...env, DATA_DIR: await temporaryFolder() },
          }),
        ),
      );
      const outcomes = await Promise.allSettled(services.map(({ ready }) => ready));
      for (const { child } of services) child.kill('SIGTERM');
      await Promise.all(services.map(({ ended }) => ended));
      const failures = outcomes.flatMap((one) =>
        one.status === 'rejected' ? [(one.reason as Error).message] : [],
      );
      expect(failures).toEqual([]);
    }
  },
);
