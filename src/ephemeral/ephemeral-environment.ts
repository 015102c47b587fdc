import type { KeyObject } from 'node:crypto';
import type { Environment } from '../platform/config/environment.js';
import { loadEnvironment, variableNames } from '../platform/config/load-environment.js';
import type { Randomness } from '../platform/crypto/randomness.js';
import type { EphemeralOptions } from './ephemeral-options.js';

/** What a start has prepared for its service. */
export interface Prepared {
  /** For the data of the service; removed with it. */
  readonly folder: string;
  readonly serviceUrl: string;
  readonly ownerUrl: string;
  readonly signingKey: KeyObject;
}

/** The cheapest that bcrypt allows. */
const BCRYPT_ROUNDS = '4';

/** A suite may send a hundred requests at once, which must not wait for connections longer than requests may. */
const DATABASE_POOL_SIZE = '80';

/** The default policy takes its numbers from these two, and is off by a variable of its own. */
const NO_POLICY = new Set(['RATE_LIMIT_MAX_REQUESTS', 'RATE_LIMIT_WINDOW_SECONDS']);

function withoutPolicies(): Record<string, string> {
  const policies = variableNames().filter((name) => name.startsWith('RATE_LIMIT_') && !NO_POLICY.has(name));
  return Object.fromEntries(policies.map((name) => [name, 'off']));
}

/** The configuration of a throwaway service: the given variables, beside what it decides itself. Throws `ConfigurationFault`. */
export function ephemeralEnvironment(
  variables: Readonly<Record<string, string>>,
  { port, limits, log }: EphemeralOptions,
  { folder, serviceUrl, ownerUrl, signingKey }: Prepared,
  randomness: Randomness,
): Environment {
  const environment = loadEnvironment(
    {
      ...variables,
      ...(!limits && withoutPolicies()),
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: String(port ?? 0),
      DATA_DIR: folder,
      DATABASE_URL: serviceUrl,
      DATABASE_MIGRATION_URL: ownerUrl,
      BCRYPT_ROUNDS,
      DATABASE_POOL_SIZE,
      LOG_FORMAT: 'json',
      JWT_PRIVATE_KEY: signingKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
    // Has no `.env`.
    folder,
    () => randomness.bytes(48).toString('base64url'),
  );
  environment.throwaway = { limits, log };
  if (!limits) environment.HASH_MAX_WAIT_MS = Number.MAX_SAFE_INTEGER;
  return environment;
}
