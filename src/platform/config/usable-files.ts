import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartFault } from './start-fault.js';

/**
 * Creates a folder and those above it, for the user alone. Not by `recursive: true`, which never returns where an existing
 * folder refuses with ENOENT, as those of /proc do. Throws the file system's error.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Creates the data folder where there is none, and writes to it. Throws {@link StartFault} where that is impossible. */
export function assertWritableFolder(variable: string, folder: string): void {
  try {
    makeFolder(folder);
    const probe = join(folder, `.write-test.${process.pid}.${randomBytes(4).toString('hex')}`);
    writeFileSync(probe, 'x', { mode: 0o600, flag: 'wx' });
    rmSync(probe);
  } catch (error) {
    throw new StartFault(variable, error);
  }
}

/** The fault of a file that a variable names and that cannot be read, as a sentence; null for a readable one. */
export function unreadable(variable: string, path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    readFileSync(path);
    return null;
  } catch (error) {
    return `${variable} names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
