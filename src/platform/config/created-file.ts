import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Returns the text of a file that only its owner may read, and creates the file with `text` if it does not exist. If several
 * processes do so at once, all return the text of the same one, and none reads a part of it. Leaves no draft behind, even on
 * a full disk. Throws the file system's error.
 */
export function readOrCreate(file: string, text: () => string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    // A full disk creates the file and refuses its contents.
    writeFileSync(draft, text(), { mode: 0o600, flag: 'wx' });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8');
}
