import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { ConfigurationFault } from '../config/configuration-fault.js';
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
  const bound = await withFileFault('DATA_DIR', async () => readOrCreate(dataDir, database));
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

/** If several processes start at once in a new folder, only one writes the file, complete or not at all. */
function readOrCreate(dataDir: string, identity: string): string {
  const file = join(dataDir, FILE);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(draft, `${identity}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, 'utf8').trim();
}
