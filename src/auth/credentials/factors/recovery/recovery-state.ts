import type { StoredRecovery } from './factor-recoveries.repository.js';

/** A running recovery as its owner sees it. */
export interface RunningRecovery {
  readonly startedAt: string;
  readonly dueAt: string;
}

/** Returns the recovery if it is neither cancelled nor ended by other credentials; null otherwise. */
export function runningOf(recovery: StoredRecovery | null): StoredRecovery | null {
  return recovery?.canceledAt === null && recovery.changed === null ? recovery : null;
}

/** Returns what a session shows of a recovery; null if none is running. */
export function shownRecovery(recovery: StoredRecovery | null): RunningRecovery | null {
  const running = runningOf(recovery);
  return running && { startedAt: running.startedAt.toISOString(), dueAt: running.dueAt.toISOString() };
}
