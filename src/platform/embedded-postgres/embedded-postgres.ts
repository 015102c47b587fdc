import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { locateBinaries } from './binaries.js';
import { openCluster, urlOf } from './cluster.js';
import { type KeeperOptions, ServerKeeper } from './server-keeper.js';
import { serverAccount } from './server-account.js';

/** A running PostgreSQL and its addresses, one per role. */
export interface EmbeddedPostgres {
  /** Rows of the application's tables, the audit tables only to read and add to. */
  readonly serviceUrl: string;
  /** Owner of the database, who migrates. */
  readonly ownerUrl: string;
  readonly superuserUrl: string;
  /** Lets go of the server, and stops it when no other process uses it. */
  stop(): Promise<void>;
}

/** Which folder an embedded server lives in, and how it is kept. */
export interface EmbeddedPostgresOptions extends KeeperOptions {
  /** The server's files go to `postgres` in it. */
  readonly dataDir: string;
}

/** Where the embedded server of a `DATA_DIR` keeps its files, once it has been started there. */
export function clusterFolder(dataDir: string): string {
  return join(resolve(dataDir), 'postgres', 'cluster');
}

/**
 * Runs a real PostgreSQL out of an npm package, for development and tests. A server left behind by a killed
 * process is adopted, one that crashed is started again, at the start as well as while in use; several processes
 * share the server of a `dataDir`, and the last one to stop ends it. Listens on a loopback port only, with
 * passwords. Throws {@link ConfigurationFault} where no package fits the platform.
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
