import { isProblem } from './problem.js';
import { isLost, sleep, waitOf } from './wire.js';

/**
 * How long a refresh whose answer was lost is repeated, milliseconds. The service gives the same answer again for ten
 * seconds.
 */
const REPEATED_MS = 9000;

/** The wait after the first lost answer. Each one is twice as long as the one before it. */
const FIRST_WAIT_SECONDS = 0.5;

/**
 * Sends a refresh until it is answered, and rejects with its last failure. A limit or an overload is waited for once. An answer
 * that was lost may be that of a rotation, after which the service accepts the old token for ten seconds and then takes it for
 * a stolen one. The refresh is therefore repeated for nine seconds, and a last time at their end.
 */
export async function untilAnswered<R>(refresh: () => Promise<R>): Promise<R> {
  let hasWaited = false;
  let endMs: number | null = null;
  let wait = FIRST_WAIT_SECONDS;
  for (;;) {
    const sentMs = performance.now();
    try {
      return await refresh();
    } catch (error) {
      if (isLost(error)) endMs ??= sentMs + REPEATED_MS;
      const asked = askedWaitOf(error);
      const left = endMs === null ? null : (endMs - performance.now()) / 1000;
      if (asked === null || (left === null ? hasWaited : left <= 0)) throw error;
      hasWaited = true;
      if (left === null) await sleep(asked);
      else {
        await sleep(Math.min(Math.max(asked, wait), left));
        wait *= 2;
      }
    }
  }
}

/** Seconds for which the answer asks; null where a repetition would not help. */
function askedWaitOf(error: unknown): number | null {
  if (isProblem(error) && (error.status === 429 || error.status === 503)) return waitOf(error, true);
  return isLost(error) ? 0 : null;
}
