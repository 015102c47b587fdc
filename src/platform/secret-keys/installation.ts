import { timingSafeEqual } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { SystemClock } from '../clock/clock.js';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { keyIdOf } from '../crypto/key-id.js';
import { MasterKey } from '../crypto/master-key.js';
import { SECRET_VARIABLES, type SecretVariable } from '../crypto/secret-dependants.js';
import { missingSecrets } from './missing-secrets.js';
import { SecretKeysRepository } from './secret-keys.repository.js';
import { type ConfiguredSecrets, knownIds, valuesOf } from './secret-variables.js';

/**
 * Throws {@link ConfigurationFault} if a secret on which stored data depends is missing: otherwise it would show only
 * later, as wrong passwords and broken sessions. The first start stores a fingerprint per secret, an HMAC that does not
 * reveal it, and the secret's key id; if several first starts run at once, one wins.
 */
export async function assertInstallation(dataSource: DataSource, secrets: ConfiguredSecrets): Promise<void> {
  const repository = new SecretKeysRepository(dataSource, new SystemClock());
  const faults: string[] = [];
  await dataSource.transaction(async (tx) => {
    await repository.lock(tx);
    const inUse = await repository.inUse(tx);
    faults.push(...missingSecrets((variable) => knownIds(secrets, variable), inUse));
    for (const variable of SECRET_VARIABLES) {
      if (inUse.some((secret) => secret.variable === variable)) continue;
      const value = await firstValue(tx, variable, valuesOf(secrets, variable));
      if (value === undefined) faults.push(differing(variable));
      else await repository.use(tx, variable, keyIdOf(value));
    }
  });
  if (faults.length > 0) throw new ConfigurationFault(faults);
}

/**
 * Throws {@link ConfigurationFault} if a value of a variable on which stored data depends is missing, as
 * {@link assertInstallation} does, but only reads: for commands whose role may write nothing.
 */
export async function assertSecretKnown(
  dataSource: DataSource,
  variable: SecretVariable,
  secrets: ConfiguredSecrets,
): Promise<void> {
  const all = await new SecretKeysRepository(dataSource, new SystemClock()).inUse();
  const inUse = all.filter((secret) => secret.variable === variable);
  const faults = missingSecrets((name) => knownIds(secrets, name), inUse);
  if (inUse.length === 0) {
    const first = await firstFingerprint(dataSource.manager, variable);
    if (first && !matching(first, variable, valuesOf(secrets, variable))) faults.push(differing(variable));
  }
  if (faults.length > 0) throw new ConfigurationFault(faults);
}

/** Returns the configured value with which the database was first used; undefined if there is none. */
async function firstValue(
  tx: EntityManager,
  variable: SecretVariable,
  values: readonly string[],
): Promise<string | undefined> {
  await tx.query(
    'INSERT INTO installation (variable, fingerprint) VALUES ($1, $2) ON CONFLICT (variable) DO NOTHING',
    [variable, fingerprintOf(variable, values[0]!)],
  );
  return matching((await firstFingerprint(tx, variable))!, variable, values);
}

async function firstFingerprint(
  manager: EntityManager,
  variable: SecretVariable,
): Promise<Buffer | undefined> {
  const rows = await manager.query<{ fingerprint: Buffer }[]>(
    'SELECT fingerprint FROM installation WHERE variable = $1',
    [variable],
  );
  return rows[0]?.fingerprint;
}

function matching(
  fingerprint: Buffer,
  variable: SecretVariable,
  values: readonly string[],
): string | undefined {
  return values.find((value) => timingSafeEqual(fingerprint, fingerprintOf(variable, value)));
}

function differing(variable: SecretVariable): string {
  return `${variable} differs from the one with which this database was first used; restore that one, or use another database`;
}

function fingerprintOf(variable: SecretVariable, value: string): Buffer {
  return new MasterKey(value).mac('installation-fingerprint', variable);
}
