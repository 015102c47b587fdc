import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Installs what the lock file in this folder names, from npm's cache where it can. */
export async function npmCi(folder: string): Promise<void> {
  await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder });
}
