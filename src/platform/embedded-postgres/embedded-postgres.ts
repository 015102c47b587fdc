import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { locateBinaries } from './binaries.js';
import { openCluster, urlOf } from './cluster.js';
import { type KeeperOptions, ServerKeeper } from './server-keeper.js';
import { serverAccount } from './server-account.js';

/** A running PostgreSQL and its URLs, one per role. */
export interface EmbeddedPostgres {
  /** Reads and writes the application's tables; can only read and append to the audit tables. */
  readonly serviceUrl: string;
  /** Owner of the database; runs the migrations. */
  readonly ownerUrl: string;
  readonly superuserUrl: string;
  /** Releases the server, and stops it if no other process uses it. */
  stop(): Promise<void>;
}

/** The folder of an embedded server, and how the server is run. */
export interface EmbeddedPostgresOptions extends KeeperOptions {
  /** The server's files are stored in its subfolder `postgres`. */
  readonly dataDir: string;
}

/** Returns the folder of the embedded server's files for a `DATA_DIR`; it exists after the first start. */
export function clusterFolder(dataDir: string): string {
  return join(resolve(dataDir), 'postgres', 'cluster');
}

/**
 * Runs a real PostgreSQL from an npm package, for development and tests. Adopts a server left behind by a killed process,
 * and restarts one that crashed, at startup and while in use. Several processes share the server of a `dataDir`; the last
 * one to stop ends it. The server listens on a loopback port only and requires passwords. Throws
 * {@link ConfigurationFault} if there is no package for the platform.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = join(resolve(options.dataDir), 'postgres');
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const account = await serverAccount(locateBinaries(), folder);
  const cluster = await openCluster(folder, account);
  const keeper = new ServerKeeper(cluster, account, folder, options);
  const port = await keeper.start();
  return {
    serviceUrl: urlOf(cluster, 'service', port),
    ownerUrl: urlOf(cluster, 'owner', port),
    superuserUrl: urlOf(cluster, 'superuser', port),
    stop: () => keeper.stop(),
  };
}
