import { Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';

/** Shorter than a statement of the service may take, so that those that queue behind an attempt succeed. */
const LOCK_TIMEOUT_MS = 200;
const PAUSE_MS = 800;
const ATTEMPTS = 60;
const LOCK_NOT_AVAILABLE = '55P03';

/** A table that a migration changes was in use during every attempt to lock it. The message names the table. */
export class TableInUse extends Error {
  constructor(table: string) {
    super(
      `the table ${table} must be changed, but was in use all the time, by a backup or another long transaction; ` +
        'start again when that has ended',
    );
    this.name = 'TableInUse';
  }
}

/**
 * Changes a table while the previous version serves. A statement that waits for an exclusive lock makes every later one on the
 * table wait behind it, and during a `pg_dump` that may be hours. Each attempt therefore waits for a fifth of a second only, in a
 * transaction of its own, because one that stays open would hold back the sealing of the trail. For migrations with
 * `transaction = false`; such a change must do no harm when it is made again, since it is committed before the migration is
 * recorded. Throws {@link TableInUse} after a minute.
 */
export async function changeBriefly(
  runner: QueryRunner,
  table: string,
  change: string,
  attempts = ATTEMPTS,
): Promise<void> {
  for (let attempt = 1; !(await tryChange(runner, change)); attempt++) {
    if (attempt === attempts) throw new TableInUse(table);
    if (attempt === 1) new Logger('Database').log(`Waiting for the table ${table}, which is in use.`);
    await wait(PAUSE_MS);
  }
}

/** Returns whether the change was made; false if the lock was not available. */
async function tryChange(runner: QueryRunner, change: string): Promise<boolean> {
  await runner.startTransaction();
  try {
    await runner.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await runner.query(change);
    await runner.commitTransaction();
    return true;
  } catch (error) {
    await runner.rollbackTransaction();
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}
