import type { Clock } from '../clock/clock.js';

/**
 * Returns the SQL expression of the time on PostgreSQL's clock, for decisions that all instances must take on one clock.
 * `now()` is the start of the transaction, the same in all of it; `clock_timestamp()` is read anew, for statements that may
 * have waited for a lock. A test that has moved the service's clock moves this one by as much.
 */
export function databaseTime(clock: Clock, reading: 'now()' | 'clock_timestamp()'): string {
  const aheadMs = clock.aheadMs();
  return aheadMs === 0 ? reading : `(${reading} + interval '${aheadMs} ms')`;
}
