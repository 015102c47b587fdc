import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { readOrCreate } from '../config/created-file.js';
import { withFileFault } from '../config/start-fault.js';

const FILE = 'installation';
/** Row of `installation` that holds the identity of the database, next to the fingerprints of the secrets. */
const ROW = 'DATABASE';

/**
 * Binds a data folder to its database: the spool, the checkpoints and the verification progress in it belong to one
 * trail and would corrupt another. The first start writes the identity of the database to the folder. A restored or
 * copied database keeps its identity. Throws {@link ConfigurationFault} if the database is a different one, and
 * {@link StartFault} if the file cannot be used.
 */
export async function assertOwnFolder(dataSource: DataSource, dataDir: string): Promise<void> {
  const database = await identityOf(dataSource);
  const bound = await withFileFault('DATA_DIR', async () =>
    readOrCreate(join(dataDir, FILE), () => `${database}\n`).trim(),
  );
  if (bound === database) return;
  throw new ConfigurationFault([
    'DATA_DIR was first used with another database, whose audit records it may contain; use another folder, or that database',
  ]);
}

async function identityOf(dataSource: DataSource): Promise<string> {
  await dataSource.query(
    'INSERT INTO installation (variable, fingerprint) VALUES ($1, $2) ON CONFLICT (variable) DO NOTHING',
    [ROW, randomBytes(32)],
  );
  const [row] = await dataSource.query<[{ id: string }]>(
    `SELECT encode(fingerprint, 'hex') AS id FROM installation WHERE variable = $1`,
    [ROW],
  );
  return row.id;
}
