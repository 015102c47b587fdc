import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const THREADS = '/proc/self/task';

/** What libuv calls the threads of its pool; they exist from its first use on. */
const POOL_THREAD = 'libuv-worker';

/** As `nice` does without a number: against a thread of priority 0 some tenth of a core. */
const YIELDING = 10;

/** The threads of libuv's pool, by their ids; none where the system does not tell (only Linux does). */
export function poolThreads(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync(THREADS)
    .filter((thread) => readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === POOL_THREAD)
    .map(Number);
}

/**
 * Lets password hashes yield to the thread that serves requests, which is ready for less than a millisecond at a time
 * and would wait for a time slice of theirs. On Linux each thread has a priority of its own (setpriority(2), "C
 * library/kernel differences"); a machine with nothing else to do hashes as fast as before.
 */
export function letPoolYield(): void {
  for (const thread of poolThreads()) {
    try {
      setPriority(thread, YIELDING);
    } catch {
      // A sandbox may forbid it; then hashes take the same turns as everything else.
    }
  }
}
