import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmCi } from './npm-ci.js';

/** A copy of `stranger/`, a project of somebody else, in a folder of its own, installed by `npm ci`. */
export async function installStranger(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-stranger-'));
  await cp(join('test', 'support', 'packages', 'stranger'), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  await npmCi(folder);
  return folder;
}
