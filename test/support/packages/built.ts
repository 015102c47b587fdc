import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FileLock } from '../../../src/ephemeral/cluster/file-lock.js';

const run = promisify(execFile);

/** The packages for those who use the service. All have the same version. */
export const PACKAGES = ['client', 'verify', 'testing'] as const;
export type PackageName = (typeof PACKAGES)[number];

let built: Promise<void> | null = null;

/** Compiles the packages, unless this process has; test files that do so at once take turns. */
export function buildPackages(): Promise<void> {
  return (built ??= build());
}

async function build(): Promise<void> {
  const lock = await FileLock.acquire(join('node_modules', '.packages-are-built'));
  try {
    const workspaces = PACKAGES.map((name) => `--workspace=packages/${name}`);
    await run('npm', ['run', '--silent', 'build', ...workspaces]);
  } finally {
    await lock.release();
  }
}
