import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Longer than any build takes: the process id in an older lock belongs to another process by now. */
const PATIENCE_MS = 10 * 60_000;
/** A lock is empty for a moment, before the process id is written; longer if the process was killed or the disk is full. */
const EMPTY_MS = 1000;

/** Creates the lock file of a build, and waits while another process has it, which it says once. To release it, delete the file. */
export async function acquireLock(path) {
  for (let isTold = false; !tryLock(path);) {
    const holder = holderOf(path);
    // If two processes take it over at once, both compile the same sources.
    if (holder === null) rmSync(path, { force: true });
    else {
      if (!isTold && holder > 0) {
        process.stderr.write(`Waiting for another build (process ${holder}) ...\n`);
        isTold = true;
      }
      await delay(100);
    }
  }
}

function tryLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * The process that holds the lock, 0 if that is not known yet, and null if none does: it has died, or its id was given to
 * another process since, in a container even to this one.
 */
function holderOf(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    const ageMs = Date.now() - statSync(path).mtimeMs;
    if (!(holder > 0)) return ageMs > EMPTY_MS ? null : 0;
    if (holder === process.pid || ageMs > PATIENCE_MS) return null;
    process.kill(holder, 0);
    return holder;
  } catch (error) {
    if (error.code === 'ESRCH') return null;
    // EPERM: it is alive and of another user. ENOENT: the lock was released meanwhile.
    return 0;
  }
}
