import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const THREADS = '/proc/self/task';

/** The name of the threads in libuv's pool, which are created at its first use. */
const POOL_THREAD = 'libuv-worker';

/** The default of `nice`: next to a busy thread of priority 0, about a tenth of a core. */
const YIELDING = 10;

/** Returns the ids of the threads in libuv's pool. Throws if there is no /proc, or if a thread ends meanwhile. */
export function poolThreads(): number[] {
  return readdirSync(THREADS)
    .filter((thread) => readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === POOL_THREAD)
    .map(Number);
}

/**
 * Lowers the priority of the threads that hash passwords. The thread that serves requests runs for less than a
 * millisecond at a time and would otherwise wait for their time slices. On Linux each thread has its own priority
 * (setpriority(2), "C library/kernel differences"); on an idle machine, hashing is as fast as before. Never throws:
 * other systems have no such priorities and a sandbox may forbid changing them, in which case the priorities stay
 * equal.
 */
export function letPoolYield(): void {
  if (process.platform !== 'linux') return;
  try {
    for (const thread of poolThreads()) setPriority(thread, YIELDING);
  } catch {
    // See above.
  }
}
