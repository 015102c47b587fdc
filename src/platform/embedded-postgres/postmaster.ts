import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.js';

/** The running server of a data directory, read from its `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

const LOCK_FILE = 'postmaster.pid';
/** A fast shutdown writes a checkpoint; if the disk takes longer, the next start runs crash recovery instead. */
const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5000;

/**
 * Returns the server that runs on a data directory, or null. Removes a lock file left by a crash if its process id now
 * belongs to another program: PostgreSQL cannot tell it from a server and would refuse to start.
 */
export function findPostmaster(directory: string): Postmaster | null {
  const file = join(directory, LOCK_FILE);
  const content = readIfThere(file);
  // One item per line: process id, data directory, start time, port (PostgreSQL, miscadmin.h).
  const [pid, , , port] = content.split('\n').map(Number) as [number, number, number, number];
  if (!(pid > 0) || !isAlive(pid)) return null;
  if (servesFrom(pid, directory)) return { pid, port };
  // Read again, because another process may have started its server there in the meantime.
  if (readIfThere(file) === content) rmSync(file, { force: true });
  return null;
}

/**
 * Stops the server of a data directory, if there is one: fast (SIGINT: ends sessions, writes everything), or immediately
 * (SIGQUIT) if that takes too long. Throws if the server survives both.
 */
export async function stopPostmaster(directory: string, binaries: Binaries): Promise<void> {
  const running = findPostmaster(directory);
  if (running === null) return;
  signal(running.pid, 'INT', binaries);
  if (await isGoneWithin(directory, FAST_SHUTDOWN_MS)) return;
  signal(running.pid, 'QUIT', binaries);
  if (!(await isGoneWithin(directory, IMMEDIATE_SHUTDOWN_MS))) {
    throw new Error(`The embedded PostgreSQL (process ${running.pid}) did not stop.`);
  }
}

/** Returns whether a process exists, regardless of its owner. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signal(pid: number, name: 'INT' | 'QUIT', binaries: Binaries): void {
  // Windows has no signals; PostgreSQL's own tool delivers them through a pipe.
  if (process.platform === 'win32') spawnSync(binaries.pgCtl, ['kill', name, String(pid)]);
  else if (isAlive(pid)) process.kill(pid, `SIG${name}`);
}

/** Checks for the server rather than its process: an orphan stays a zombie where process 1 reaps late or never. */
async function isGoneWithin(directory: string, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (findPostmaster(directory) !== null) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Returns whether a process may be the server of a data directory: the directory is its working directory, however it was
 * started. True if the system does not reveal it; false for a zombie, which has no working directory.
 */
function servesFrom(pid: number, directory: string): boolean {
  if (isOfAnotherUser(pid)) return false;
  try {
    if (process.platform === 'linux') return isSameFolder(`/proc/${pid}/cwd`, directory);
    if (process.platform === 'darwin') return processName(pid).endsWith('postgres');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** Only root runs the server as another user, and root may signal it. The system does not reveal more about such a process. */
function isOfAnotherUser(pid: number): boolean {
  if (process.getuid === undefined || process.getuid() === 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

function processName(pid: number): string {
  return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}
