import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const THREADS = '/proc/self/task';

/** What libuv calls the threads of its pool; they exist from its first use on. */
const POOL_THREAD = 'libuv-worker';

/** As `nice` does without a number: against a thread of priority 0 some tenth of a core. */
const YIELDING = 10;

/** The threads of libuv's pool, by their ids. Throws where there is no /proc, and when one ends meanwhile. */
export function poolThreads(): number[] {
  return readdirSync(THREADS)
    .filter((thread) => readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === POOL_THREAD)
    .map(Number);
}

/**
 * Lets password hashes yield to the thread that serves requests, which is ready for less than a millisecond at a time
 * and would wait for a time slice of theirs. On Linux each thread has a priority of its own (setpriority(2), "C
 * library/kernel differences"); a machine with nothing else to do hashes as fast as before. Never throws: other
 * systems have no such priorities, a sandbox may forbid them, and then hashes take the same turns as everything else.
 */
export function letPoolYield(): void {
  if (process.platform !== 'linux') return;
  try {
    for (const thread of poolThreads()) setPriority(thread, YIELDING);
  } catch {
    // See above.
  }
}
