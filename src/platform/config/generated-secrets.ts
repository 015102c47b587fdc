import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigurationFault } from './configuration-fault.js';
import { readOrCreate } from './created-file.js';
import { StartFault } from './start-fault.js';
import { makeFolder } from './usable-files.js';

/** Secrets that a development installation generates, so that the first start needs no configuration. */
export const GENERATED_SECRETS = ['JWT_SECRET_KEY', 'PASSWORD_PEPPER'] as const;

/**
 * Returns the secret with this name. Generates it on first use and stores it in `DATA_DIR/secrets` with mode 600. The
 * file appears complete or not at all; if two processes start at once, both use the secret of the first. Throws
 * {@link StartFault} if `DATA_DIR` cannot be used.
 */
export function generatedSecret(dataDir: string, name: (typeof GENERATED_SECRETS)[number]): string {
  try {
    const folder = join(dataDir, 'secrets');
    makeFolder(folder);
    return readOrCreate(join(folder, name), () => randomBytes(48).toString('base64url'));
  } catch (error) {
    throw new StartFault('DATA_DIR', error);
  }
}

/** Returns an existing secret and never creates one, for commands on a folder that no service may have used. */
export function storedSecret(dataDir: string, name: (typeof GENERATED_SECRETS)[number]): string {
  try {
    return readFileSync(join(dataDir, 'secrets', name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new StartFault('DATA_DIR', error);
    throw new ConfigurationFault([
      `${name} is not set, and DATA_DIR contains none: no service has been started in ${resolve(dataDir)}`,
    ]);
  }
}
