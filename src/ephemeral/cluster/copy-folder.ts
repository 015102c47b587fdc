import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Copies a folder, with owners and modes, to a path that does not exist. A program does it on POSIX systems: fs.cp takes
 * a second of this process for the 1,400 files of a cluster. It works in `folder`, by which it is found if it must be ended.
 */
export async function copyFolder(from: string, to: string, folder: string): Promise<void> {
  if (process.platform === 'win32') await cp(from, to, { recursive: true, errorOnExist: true, force: false });
  else await run('cp', ['-pR', from, to], { cwd: folder, env: { PATH: '/bin:/usr/bin' } });
}
