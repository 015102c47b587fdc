import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '../../platform/clock/clock.js';
import { locateBinaries } from '../../platform/embedded-postgres/binaries.js';
import {
  clusterFolder,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../platform/embedded-postgres/embedded-postgres.js';
import { publishFolder } from '../../platform/embedded-postgres/publish-folder.js';
import { copyFolder } from './copy-folder.js';
import { FileLock } from './file-lock.js';

/** The code that a prepared cluster depends on. */
const SOURCES = [
  '../ephemeral/cluster/movable-database-clock',
  'database/migrations',
  'database/migrate',
  'database/grants',
  'embedded-postgres/cluster',
];
/** A week. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const PLATFORM = fileURLToPath(new URL('../../platform', import.meta.url));

/**
 * Puts an initialised and migrated cluster where {@link startEmbeddedPostgres} finds it, in `dataDir`. It is copied from
 * `cache`, where the first start leaves one for each version of PostgreSQL and of the schema; of several first starts one
 * makes it and the others wait. A cache that cannot be used costs time and nothing else.
 */
export async function prepareCluster(cache: string, options: EmbeddedPostgresOptions): Promise<void> {
  const prepared = join(cache, `cluster-${fingerprint()}`);
  const lock = existsSync(prepared) ? null : await acquire(cache, `${prepared}.lock`);
  try {
    if (existsSync(prepared)) await copyCluster(prepared, options.dataDir);
    else await makeCluster(options, lock === null ? null : prepared);
  } finally {
    await lock?.release();
  }
}

async function acquire(cache: string, path: string): Promise<FileLock | null> {
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 });
    return await FileLock.acquire(path);
  } catch {
    return null;
  }
}

async function copyCluster(prepared: string, dataDir: string): Promise<void> {
  const cluster = clusterFolder(dataDir);
  mkdirSync(dirname(cluster), { recursive: true, mode: 0o711 });
  await copyFolder(prepared, cluster, dataDir);
}

async function makeCluster(options: EmbeddedPostgresOptions, prepared: string | null): Promise<void> {
  const server = await startEmbeddedPostgres(options);
  try {
    // Loaded here, because most starts do not need it.
    const { migrate } = await import('../../platform/database/migrate.js');
    await migrate({
      DATABASE_URL: server.serviceUrl,
      DATABASE_MIGRATION_URL: server.ownerUrl,
      DATABASE_POOL_SIZE: 2,
      DATABASE_SSL: 'off',
    });
    const { letFunctionsFollowClock } = await import('./movable-database-clock.js');
    await letFunctionsFollowClock(server.ownerUrl, server.serviceUrl);
  } finally {
    await server.stop();
  }
  if (prepared !== null) await keep(options.dataDir, prepared).catch(() => undefined);
}

async function keep(dataDir: string, prepared: string): Promise<void> {
  const cache = dirname(prepared);
  await removeOld(cache);
  const draft = await mkdtemp(join(cache, 'copying-'));
  try {
    await copyFolder(clusterFolder(dataDir), join(draft, 'cluster'), dataDir);
    await publishFolder(join(draft, 'cluster'), prepared);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes what older versions have left, and starts that were killed while they copied. Others may still use newer ones. */
async function removeOld(cache: string): Promise<void> {
  const clock = new SystemClock();
  for (const name of await readdir(cache)) {
    if (!/^(cluster-[0-9a-f]+$|copying-)/.test(name)) continue;
    const { mtimeMs } = await stat(join(cache, name));
    if (clock.nowMs() - mtimeMs > KEPT_MS) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** Reads synchronously, so that the copy starts before the code of the service is loaded. */
function fingerprint(): string {
  const { native } = locateBinaries();
  const hash = createHash('sha256').update(readFileSync(join(dirname(native), 'package.json')));
  // A cluster belongs to the user who made it.
  hash.update(String(process.getuid?.()));
  for (const source of SOURCES) for (const file of filesOf(source)) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** Returns the files of a folder, or the one of a module, in a fixed order. */
function filesOf(source: string): string[] {
  const extension = import.meta.url.slice(-3);
  const path = join(PLATFORM, source);
  if (existsSync(path + extension)) return [path + extension];
  return readdirSync(path)
    .filter((name) => name.endsWith(extension))
    .toSorted()
    .map((name) => join(path, name));
}
