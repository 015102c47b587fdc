import { timingSafeEqual } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { ConfigurationFault } from '../config/configuration-fault.js';
import type { Environment } from '../config/environment.js';
import { MasterKey } from '../crypto/master-key.js';

/** The secrets that stored data depends on. If one changes, every session, signing key or password becomes unusable. */
const PINNED = ['JWT_SECRET_KEY', 'PASSWORD_PEPPER'] as const;

/**
 * Throws {@link ConfigurationFault} if the database was first used with other secrets: otherwise a wrong secret would
 * show only later, as wrong passwords and broken sessions. The first start stores a fingerprint per secret, an HMAC
 * that does not reveal the secret; if several first starts run at once, one wins.
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
        `${variable} differs from the one with which this database was first used; restore that one, or use another database`,
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
