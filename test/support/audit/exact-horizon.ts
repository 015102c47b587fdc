import type { TestingModule } from '@nestjs/testing';
import { DataSource, type EntityManager } from 'typeorm';
import { EntriesRepository } from '../../../src/audit/entry/entries.repository.js';

/** How often the horizon is computed again; each time, another transaction must have ended at the wrong moment. */
const MOST_REPETITIONS = 100;

/** Whether entries at or above a horizon are committed, and no other transaction of this database is open that could hold them back. */
const IS_TOO_LOW = `
  SELECT EXISTS (
    SELECT FROM (SELECT position FROM audit_events UNION ALL SELECT position FROM audit_calls) AS entry, audit_position_base
    WHERE position >= $1 AND position < pg_snapshot_xmax(pg_current_snapshot())::text::bigint + base
  ) AND NOT EXISTS (
    SELECT FROM pg_locks JOIN pg_stat_activity AS holder USING (pid)
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted AND pid <> pg_backend_pid()
      AND holder.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
  ) AS "isTooLow"`;

/**
 * Keeps the databases of other specs, which are on the same server, from delaying the trail of a module. A transaction of
 * another database that ends while `audit_horizon()` is computed counts as one of this database. In operation, an entry is
 * sealed or read in the next round then; a spec that seals or reads once would miss it. Only the transactions of its own
 * database hold a trail back from now on.
 */
export function computeHorizonExactly(module: TestingModule): void {
  const entries = module.get(EntriesRepository);
  const { manager } = module.get(DataSource);
  const exactly = async <T>(
    compute: () => Promise<T>,
    horizonOf: (computed: T) => number,
    tx = manager,
  ): Promise<T> => {
    let computed = await compute();
    for (let repetition = 0; repetition < MOST_REPETITIONS; repetition++) {
      if (!(await isTooLow(horizonOf(computed), tx))) break;
      computed = await compute();
    }
    return computed;
  };
  const horizon = entries.horizon.bind(entries);
  const final = entries.final.bind(entries);
  entries.horizon = (tx) =>
    exactly(
      () => horizon(tx),
      (position) => position,
      tx,
    );
  // With more entries than fit, the end is below the horizon for that reason.
  entries.final = (tx, from, limit) =>
    exactly(
      () => final(tx, from, limit),
      ({ more, toPosition }) => (more ? Number.MAX_SAFE_INTEGER : toPosition),
    );
}

async function isTooLow(horizon: number, tx: EntityManager): Promise<boolean> {
  try {
    const [row] = await tx.query<[{ isTooLow: boolean }]>(IS_TOO_LOW, [horizon]);
    return row.isTooLow;
  } catch {
    // The spec has made the database fail.
    return false;
  }
}
