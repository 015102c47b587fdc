import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../platform/embedded-postgres/postmaster.js';

const POLL_MS = 25;
/** Longer than making a cluster takes on a busy machine. */
const PATIENCE_MS = 60_000;

/** A lock between processes of one machine: a file with the id of its holder. That of a holder that has ended is taken over. */
export class FileLock {
  private constructor(private readonly path: string) {}

  /** Waits for the lock. Throws the file system's error if the file cannot be made, and an Error after a minute. */
  static async acquire(path: string): Promise<FileLock> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!(await tryToMake(path))) {
      if (performance.now() > deadlineMs) throw new Error(`${path} was held for too long.`);
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
      else await delay(POLL_MS);
    }
    return new FileLock(path);
  }

  /** Deletes the file, so that the next process can take the lock. */
  async release(): Promise<void> {
    await rm(this.path, { force: true });
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
