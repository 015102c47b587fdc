import { timingSafeEqual } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { ConfigurationFault } from '../config/configuration-fault.js';
import type { Environment } from '../config/environment.js';
import { MasterKey } from '../crypto/master-key.js';

/** The secrets that stored data depends on; with another one, every session, signing key or password is dead. */
const PINNED = ['JWT_SECRET_KEY', 'PASSWORD_PEPPER'] as const;

/**
 * Refuses a database that was first used with other secrets, by {@link ConfigurationFault}: a wrong secret would
 * otherwise show only later, as wrong passwords and broken sessions. The first start stores a fingerprint per
 * secret, an HMAC from which the secret cannot be told; of several first starts at once one wins.
 */
export async function assertInstallation(
  dataSource: DataSource,
  secrets: Pick<Environment, (typeof PINNED)[number]>,
): Promise<void> {
  const faults: string[] = [];
  for (const variable of PINNED) {
    const fingerprint = new MasterKey(secrets[variable]).mac('installation-fingerprint', variable);
    const stored = await firstStored(dataSource, variable, fingerprint);
    if (!timingSafeEqual(stored, fingerprint)) {
      faults.push(
        `${variable} is not the one that this database was first used with; restore that one, or use another database`,
      );
    }
  }
  if (faults.length > 0) throw new ConfigurationFault(faults);
}

async function firstStored(dataSource: DataSource, variable: string, fingerprint: Buffer): Promise<Buffer> {
  await dataSource.query(
    'INSERT INTO installation (variable, fingerprint) VALUES ($1, $2) ON CONFLICT (variable) DO NOTHING',
    [variable, fingerprint],
  );
  const [row] = await dataSource.query<[{ fingerprint: Buffer }]>(
    'SELECT fingerprint FROM installation WHERE variable = $1',
    [variable],
  );
  return row.fingerprint;
}
