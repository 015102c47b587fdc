import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartFault } from './start-fault.js';

/** Creates the data folder where there is none, and writes to it. Throws {@link StartFault} where that is impossible. */
export function assertWritableFolder(variable: string, folder: string): void {
  try {
    mkdirSync(resolve(folder), { recursive: true, mode: 0o700 });
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
