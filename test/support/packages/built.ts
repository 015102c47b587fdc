import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FileLock } from '../../../src/ephemeral/cluster/file-lock.js';

const run = promisify(execFile);

/** The packages for those who use the service. All have the same version. */
export const PACKAGES = ['client', 'verify', 'testing'] as const;
export type PackageName = (typeof PACKAGES)[number];

/** The digest of the sources that were compiled last. */
const STAMP = join('node_modules', '.packages-are-built.digest');

let built: Promise<void> | null = null;

/** Compiles the packages, unless that was done since their last change; test files that do so at once take turns. */
export function buildPackages(): Promise<void> {
  return (built ??= build());
}

async function build(): Promise<void> {
  const lock = await FileLock.acquire(join('node_modules', '.packages-are-built'));
  try {
    const digest = await digestOfSources();
    if (await isBuilt(digest)) return;
    const workspaces = PACKAGES.map((name) => `--workspace=packages/${name}`);
    await run('npm', ['run', '--silent', 'build', ...workspaces]);
    await writeFile(STAMP, digest);
  } finally {
    await lock.release();
  }
}

async function isBuilt(digest: string): Promise<boolean> {
  if (!PACKAGES.every((name) => existsSync(join('packages', name, 'dist', 'index.js')))) return false;
  return (await readFile(STAMP, 'utf8').catch(() => '')) === digest;
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile('package-lock.json'));
  for (const folder of PACKAGES.map((name) => join('packages', name))) {
    const sources = (await readdir(join(folder, 'src'), { recursive: true })).map((name) =>
      join('src', name),
    );
    const settings = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    for (const name of [...settings, ...sources].toSorted())
      if (/\.(json|ts)$/.test(name)) hash.update(name).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex');
}
