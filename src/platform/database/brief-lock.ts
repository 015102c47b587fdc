import { Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { StartInterrupted } from './advisory-lock.js';

/** Shorter than a statement of the service may take, so that those that queue behind an attempt succeed. */
const LOCK_TIMEOUT_MS = 200;
const PAUSE_MS = 800;
const ATTEMPTS = 60;
/** Which attempts wait longer if an autovacuum holds the lock: the fifth, and every fifteenth after it. */
const FIRST_LONG_ATTEMPT = 5;
const LONG_ATTEMPT_EVERY = 15;
/** With a longer `deadlock_timeout`, no attempt waits for it: every statement on the table would wait as long. */
const MAX_DEADLOCK_TIMEOUT_MS = 2000;
const LOCK_NOT_AVAILABLE = '55P03';

/** A table that a migration changes was in use during every attempt to lock it. The message names the table. */
export class TableInUse extends Error {
  constructor(table: string) {
    super(
      `the table ${table} must be changed, but was in use all the time, by a backup, a long transaction, or a vacuum that ` +
        'PostgreSQL does not cancel (VACUUM, or an autovacuum to prevent wraparound); start again when that has ended',
    );
    this.name = 'TableInUse';
  }
}

/** TypeORM makes migrations without arguments, so their data source tells what interrupts them. */
const interruptions = new WeakMap<DataSource, AbortSignal>();

/**
 * Makes the migrations of a data source that wait for a lock throw {@link StartInterrupted} when the signal arrives.
 */
export function interruptBy(signal: AbortSignal | undefined, dataSource: DataSource): void {
  if (signal !== undefined) interruptions.set(dataSource, signal);
}

/**
 * Changes a table while the previous version serves. A statement that waits for an exclusive lock makes every later one
 * on the table wait behind it, and during a `pg_dump` that may be hours. Each attempt therefore waits for a fifth of a
 * second only, in a transaction of its own, because one that stays open would hold back the sealing of the trail. A few
 * wait for somewhat more than `deadlock_timeout` (1 s by default) if an autovacuum is in the way, which PostgreSQL
 * cancels only then, unless that is longer than 2 s. For migrations with `transaction = false`; such a change must do
 * no harm when it is made again, since it is committed before the migration is recorded. Throws {@link TableInUse}
 * after a minute.
 */
export async function changeBriefly(
  runner: QueryRunner,
  table: string,
  change: string,
  attempts = ATTEMPTS,
): Promise<void> {
  const signal = interruptions.get(runner.dataSource);
  for (let attempt = 1; ; attempt++) {
    if (await tryChange(runner, change, await timeoutOf(attempt, runner, table))) return;
    if (attempt === attempts) throw new TableInUse(table);
    if (attempt === 1) new Logger('Database').log(`Waiting for the table ${table}, which is in use.`);
    await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    if (signal?.aborted) throw new StartInterrupted();
  }
}

/** Returns whether the change was made; false if the lock was not available. */
async function tryChange(runner: QueryRunner, change: string, timeoutMs: number): Promise<boolean> {
  await runner.startTransaction();
  try {
    await runner.query(`SET LOCAL lock_timeout = ${timeoutMs}`);
    await runner.query(change);
    await runner.commitTransaction();
    return true;
  } catch (error) {
    await runner.rollbackTransaction();
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** Returns how long an attempt waits for the lock, in milliseconds. */
async function timeoutOf(attempt: number, runner: QueryRunner, table: string): Promise<number> {
  if (attempt % LONG_ATTEMPT_EVERY !== FIRST_LONG_ATTEMPT || !(await isAutovacuumed(runner, table)))
    return LOCK_TIMEOUT_MS;
  const [row] = (await runner.query(
    `SELECT setting::int AS "deadlockMs" FROM pg_settings WHERE name = 'deadlock_timeout'`,
  )) as [{ deadlockMs: number }];
  return row.deadlockMs > MAX_DEADLOCK_TIMEOUT_MS ? LOCK_TIMEOUT_MS : row.deadlockMs + LOCK_TIMEOUT_MS;
}

/**
 * Whether an autovacuum works on a table or one of its partitions. A role without further privileges is not told the
 * kind of another process, but only autovacuum has no user.
 */
async function isAutovacuumed(runner: QueryRunner, table: string): Promise<boolean> {
  const [row] = (await runner.query(
    `SELECT EXISTS (
       SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE usesysid IS NULL AND mode = 'ShareUpdateExclusiveLock' AND granted
         AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (relation = $1::regclass OR relation IN (SELECT relid FROM pg_partition_tree($1::regclass)))
     ) AS "isAutovacuumed"`,
    [table],
  )) as [{ isAutovacuumed: boolean }];
  return row.isAutovacuumed;
}
