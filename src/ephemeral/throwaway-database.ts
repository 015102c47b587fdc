import type { EmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { startPrepared } from './cluster/prepared-cluster.js';

/** Nothing has to survive a crash, and all memory is in the process or in the folder. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '120',
  shared_buffers: '32MB',
  dynamic_shared_memory_type: 'mmap',
};

/** Starts a migrated PostgreSQL in a folder, from the cluster prepared in `cache`. */
export function startThrowawayDatabase(folder: string, cache: string): Promise<EmbeddedPostgres> {
  const logger = {
    log: () => undefined,
    warn: (message: unknown) => void process.stderr.write(`${String(message)}\n`),
  };
  const options = { dataDir: folder, settings: SETTINGS, logger };
  return startPrepared(cache, options);
}
