import { Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';

const ATTEMPT_EVERY_MS = 100;
const REPORT_EVERY_MS = 5000;
/**
 * A migration of another instance may take long, but a lock held by an unrelated session must not block a start
 * forever.
 */
const GIVE_UP_AFTER_MS = 120_000;

/** An advisory lock was not available in time. The message names the session that holds it. */
export class LockNotAvailable extends Error {
  constructor(holder: string, waitedMs: number) {
    super(`the migration lock is held by ${holder} and was not free within ${waitedMs / 1000} s`);
    this.name = 'LockNotAvailable';
  }
}

/** The process received a stop signal while its start waited for another instance. */
export class StartInterrupted extends Error {
  constructor() {
    super('the start was interrupted');
    this.name = 'StartInterrupted';
  }
}

/** Limits how long a start waits for a lock, by time and by signal. */
export interface LockWait {
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly giveUpAfterMs?: number;
}

/**
 * Begins a transaction on the runner that holds an advisory lock until it ends. The lock belongs to the transaction and
 * not to the session, because a pooler would keep a session's lock for the next client. Logs the holder of the lock
 * while it waits. Throws {@link LockNotAvailable} when the time is over and {@link StartInterrupted} when the signal
 * arrives.
 */
export async function beginLocked(
  runner: QueryRunner,
  key: string,
  { signal, giveUpAfterMs = GIVE_UP_AFTER_MS }: LockWait = {},
): Promise<void> {
  const logger = new Logger('Database');
  const startedMs = performance.now();
  let reportedMs = startedMs;
  while (!(await tryBegin(runner, key))) {
    const nowMs = performance.now();
    if (nowMs - startedMs > giveUpAfterMs)
      throw new LockNotAvailable(await holderOf(runner, key), giveUpAfterMs);
    if (nowMs - reportedMs > REPORT_EVERY_MS) {
      reportedMs = nowMs;
      logger.log(`Waiting for the migration lock, which is held by ${await holderOf(runner, key)}.`);
    }
    if (signal?.aborted) throw new StartInterrupted();
    await wait(ATTEMPT_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function tryBegin(runner: QueryRunner, key: string): Promise<boolean> {
  await runner.startTransaction();
  const [row] = (await runner.query('SELECT pg_try_advisory_xact_lock($1) AS locked', [key])) as [
    { locked: boolean },
  ];
  if (!row.locked) await runner.rollbackTransaction();
  return row.locked;
}

/** Returns the process id and the name of the session that holds a lock, as `pg_stat_activity` shows them. */
async function holderOf(runner: QueryRunner, key: string): Promise<string> {
  const [row] = (await runner.query(
    `SELECT format('process %s (%s)', pid, coalesce(nullif(application_name, ''), 'without a name')) AS holder
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND objsubid = 1
       AND (classid::bigint << 32) | objid::bigint = $1::bigint
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     LIMIT 1`,
    [key],
  )) as { holder: string }[];
  return row?.holder ?? 'another session';
}
