import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { SystemClock } from '../../platform/clock/clock.js';
import { isAlive } from '../../platform/embedded-postgres/postmaster.js';

const POLL_MS = 25;
/** Longer than making a cluster takes on a busy machine. */
const PATIENCE_MS = 60_000;

/** A file is empty for a moment, before the id of its holder is written; longer if the holder was killed or the disk is full. */
const EMPTY_MS = 1000;

/**
 * A lock between processes of one machine: a file with the id of its holder. That of a holder that has ended is taken over, also
 * where its id was given to another process since, as in containers that are started again.
 */
export class FileLock {
  private static readonly held = new Set<string>();

  private constructor(private readonly path: string) {}

  /** Waits for the lock. Throws the file system's error if the file cannot be made, and an Error after a minute. */
  static async acquire(path: string): Promise<FileLock> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!(await tryToMake(path))) {
      if (performance.now() > deadlineMs) throw new Error(`${path} was held for too long.`);
      // Asked last, because another call in this process may have made the file meanwhile.
      if ((await isAbandoned(path)) && !FileLock.held.has(path)) await rm(path, { force: true });
      else await delay(POLL_MS);
    }
    FileLock.held.add(path);
    return new FileLock(path);
  }

  /** Deletes the file, so that the next process can take the lock. */
  async release(): Promise<void> {
    await rm(this.path, { force: true });
    FileLock.held.delete(this.path);
  }
}

/** Whether the holder of a lock, which is not this process, is gone. */
async function isAbandoned(path: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(path, 'utf8'));
    const ageMs = new SystemClock().nowMs() - (await stat(path)).mtimeMs;
    if (!(holder > 0)) return ageMs > EMPTY_MS;
    return holder === process.pid || ageMs > PATIENCE_MS || !isAlive(holder);
  } catch {
    // It was released meanwhile, or cannot be read.
    return false;
  }
}

async function tryToMake(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
