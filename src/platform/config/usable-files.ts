import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartFault } from './start-fault.js';

/**
 * Creates a folder and its parents, accessible only to the user. Does not use `recursive: true`, which never returns if
 * an existing folder refuses with ENOENT, as folders in /proc do. Throws the file system's error.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process created it first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Creates the data folder if it does not exist, and tests that it is writable. Throws {@link StartFault} if it is not.
 */
export function assertWritableFolder(variable: string, folder: string): void {
  const probe = join(folder, `.write-test.${process.pid}.${randomBytes(4).toString('hex')}`);
  try {
    makeFolder(folder);
    try {
      writeFileSync(probe, 'x', { mode: 0o600, flag: 'wx' });
    } finally {
      // A full disk may still create the file.
      rmSync(probe, { force: true });
    }
  } catch (error) {
    throw new StartFault(variable, error);
  }
}

/** Creates a file unless it exists, and tests that it can be appended to. Throws {@link StartFault} if it cannot. */
export function assertAppendable(variable: string, file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new StartFault(variable, error);
  }
}

/** Returns a sentence if the file that a variable names cannot be read; otherwise null. */
export function unreadable(variable: string, path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    readFileSync(path);
    return null;
  } catch (error) {
    return `${variable} names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
