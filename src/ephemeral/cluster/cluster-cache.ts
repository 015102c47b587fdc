import { mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SystemClock } from '../../platform/clock/clock.js';
import { publishFolder } from '../../platform/embedded-postgres/publish-folder.js';
import { copyFolder } from './copy-folder.js';

/** A week. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** How many files are written to disk at once. */
const SYNCED_AT_ONCE = 64;

/**
 * Stores a copy of a stopped cluster as `prepared`, in place of one that could not be used. It is complete on disk before it gets
 * this name: its server has run without fsync, and after a power failure, files could otherwise be empty.
 */
export async function storeCluster(cluster: string, prepared: string, dataDir: string): Promise<void> {
  const cache = dirname(prepared);
  await removeUnused(cache);
  const draft = await mkdtemp(join(cache, 'copying-'));
  try {
    await copyFolder(cluster, join(draft, 'cluster'), dataDir);
    await syncFiles(join(draft, 'cluster'));
    await remove(prepared);
    await publishFolder(join(draft, 'cluster'), prepared);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes clusters that no start has used for long, and what starts have left that were killed while they copied or removed. */
async function removeUnused(cache: string): Promise<void> {
  const clock = new SystemClock();
  for (const name of await readdir(cache)) {
    if (!/^(cluster-[0-9a-f]+$|copying-|removing-)/.test(name)) continue;
    const { mtimeMs } = await stat(join(cache, name));
    if (clock.nowMs() - mtimeMs > KEPT_MS) await remove(join(cache, name));
  }
}

/** Removes a folder, if it exists. It is renamed first, so that no start finds half of it. */
async function remove(path: string): Promise<void> {
  const grave = await mkdtemp(join(dirname(path), 'removing-'));
  try {
    await rename(path, join(grave, 'cluster'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(grave, { recursive: true, force: true });
  }
}

async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  // Windows does not sync folders.
  const wanted = entries.filter((entry) => entry.isFile() || process.platform !== 'win32');
  const paths = [folder, ...wanted.map(({ parentPath, name }) => join(parentPath, name))];
  while (paths.length > 0) await Promise.all(paths.splice(0, SYNCED_AT_ONCE).map((path) => sync(path)));
}

async function sync(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
