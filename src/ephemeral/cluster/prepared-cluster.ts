import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '../../platform/clock/clock.js';
import { locateBinaries } from '../../platform/embedded-postgres/binaries.js';
import {
  clusterFolder,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../platform/embedded-postgres/embedded-postgres.js';
import { stopPostmaster } from '../../platform/embedded-postgres/postmaster.js';
import { storeCluster } from './cluster-cache.js';
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
const PLATFORM = fileURLToPath(new URL('../../platform', import.meta.url));

/**
 * Starts PostgreSQL in `dataDir` with an initialised and migrated cluster. It is copied from `cache`, where the first start
 * leaves one for each version of PostgreSQL and of the schema; of several first starts one makes it and the others wait. A
 * cache that cannot be used costs time and nothing else: where no server starts from the copy, the cluster is made once more.
 */
export async function startPrepared(
  cache: string,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const prepared = join(cache, `cluster-${fingerprint()}`);
  const tried = identityOf(prepared);
  const server = tried === null ? null : await tryCopy(prepared, options);
  if (server !== null) return server;
  const lock = await acquire(cache, `${prepared}.lock`);
  try {
    const present = identityOf(prepared);
    // Another process has made or replaced it meanwhile.
    if (present !== null && present !== tried) await copyCluster(prepared, options.dataDir);
    else await makeCluster(options, lock === null ? null : prepared);
  } finally {
    await lock?.release();
  }
  return startEmbeddedPostgres(options);
}

/** Returns what distinguishes a folder from others that have had its path before, or null where there is none. */
function identityOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

/** Returns a server on a copy of the cluster, or null, without traces, if there is none. */
async function tryCopy(prepared: string, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres | null> {
  try {
    await copyCluster(prepared, options.dataDir);
    return await startEmbeddedPostgres(options);
  } catch {
    const cluster = clusterFolder(options.dataDir);
    // It may run, and refuse the passwords.
    await stopPostmaster(cluster, locateBinaries());
    await rm(cluster, { recursive: true, force: true });
    return null;
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
  // Clusters that are not used are removed some day.
  const now = new SystemClock().now();
  await utimes(prepared, now, now).catch(() => undefined);
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
  if (prepared === null) return;
  await storeCluster(clusterFolder(options.dataDir), prepared, options.dataDir).catch(() => undefined);
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
