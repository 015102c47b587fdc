import { expect } from 'vitest';
import { type Transaction, TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { asSuperuser } from '../app/as-superuser.js';
import type { TestApp } from '../app/test-app.js';
import { eventually } from '../time/eventually.js';

const WAITING = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;

/**
 * Runs `first` in a transaction that commits only after `second`, which starts then, waits for one of its locks. Returns the
 * result of `second`.
 */
export async function whileOpen<T>(
  { app, database }: TestApp,
  first: (tx: Transaction) => Promise<unknown>,
  second: () => Promise<T>,
): Promise<T> {
  const { promise } = await app.get(TransactionRunner, { strict: false }).run(async (tx) => {
    await first(tx);
    const started = second();
    started.catch(() => undefined);
    await eventually(async () => expect(await asSuperuser(database, WAITING)).not.toEqual([]));
    // In an object, because an asynchronous function would wait for it before the commit.
    return { promise: started };
  });
  return promise;
}
