import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterFolder } from '../../platform/embedded-postgres/embedded-postgres.js';
import { findPostmaster } from '../../platform/embedded-postgres/postmaster.js';
import { processesIn } from './process-table.js';

/** Time for PostgreSQL to end by itself, milliseconds. It then removes its shared memory. */
const SHUTDOWN_MS = 1500;
/** After this time a process that not even SIGKILL has ended is left alone, milliseconds. */
const KILL_MS = 10_000;
const POLL_MS = 10;

/**
 * Ends every process that works in the folder of a service, at once and without saving anything, and removes the folder.
 * For a service that is gone, however it ended.
 */
export async function removeTraces(folder: string): Promise<void> {
  const cluster = clusterFolder(folder);
  const segment = sharedMemoryOf(cluster);
  const startedMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    const server = findPostmaster(cluster);
    const others = processesIn(folder);
    if ((server === null && others.length === 0) || elapsedMs > KILL_MS) break;
    const isLate = elapsedMs > SHUTDOWN_MS;
    // SIGQUIT ends the server and its sessions; they must not be ended before it, or it would start recovery.
    if (server !== null) signal(server.pid, isLate ? 'SIGKILL' : 'SIGQUIT');
    if (server === null || isLate) for (const pid of others) signal(pid, 'SIGKILL');
    await delay(POLL_MS);
  }
  // What a server that was killed leaves behind, see PostgreSQL's manual, "Shutting Down the Server".
  if (segment !== null) spawnSync('ipcrm', ['-m', segment], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
}

/** Returns the id of the System V segment by which a server guards its data directory: the seventh line of its lock file. */
function sharedMemoryOf(cluster: string): string | null {
  try {
    const line = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[6];
    return line?.trim().split(/\s+/)[1] ?? null;
  } catch {
    return null;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
