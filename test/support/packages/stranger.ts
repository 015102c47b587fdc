import { execFile } from 'node:child_process';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A copy of `stranger/`, a project of somebody else, in a folder of its own, installed by `npm ci`. */
export async function installStranger(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-stranger-'));
  await cp(join('test', 'support', 'packages', 'stranger'), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder });
  return folder;
}
