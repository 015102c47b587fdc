import { ConfigurationFault } from '../platform/config/configuration-fault.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables that are read: what an application under test may depend on, and nothing that leads outside. */
const READ = new RegExp(
  `^(${[
    'CORS_ORIGINS',
    'LOG_LEVEL',
    'PRODUCT_NAME',
    'MAIL_TEMPLATES_DIR',
    'LOGIN_URL',
    'GATEWAY_\\w+',
    'RATE_LIMIT_\\w+',
    'REGISTRATION',
    'REQUIRE_VERIFIED_EMAIL',
    'PASSWORD_MIN_LENGTH',
    '(JWT|PASSWORD)_\\w+_EXPIRE_\\w+',
    'SESSION_MAX_DAYS',
    'STEP_UP_MAX_AGE_SECONDS',
    'FACTOR_RECOVERY_HOURS',
  ].join('|')})$`,
);

/**
 * Throws {@link ConfigurationFault} if the environment is that of an installation: somebody who has `DATABASE_URL` set may
 * expect a service on that database, and this one keeps nothing.
 */
export function assertNotAnInstallation(variables: Variables): void {
  const faults: string[] = [];
  if (variables['DATABASE_URL']?.trim())
    faults.push('DATABASE_URL is set, but a throwaway service has a database of its own');
  if (variables['NODE_ENV']?.trim().toLowerCase() === 'production')
    faults.push('NODE_ENV is production, but a throwaway service is for tests');
  if (faults.length > 0)
    throw new ConfigurationFault(faults.map((one) => `${one}; --ignore-env starts all the same`));
}

/** Variables of the process itself: Node.js, the system and its libraries read them. */
const OF_PROCESS =
  /^(PATH|HOME|TMPDIR|TE?MP|TZ|LANG|LANGUAGE|LC_\w+|NODE_\w+|UV_\w+|LD_\w+|SSL_CERT_\w+|XDG_\w+|LOCALAPPDATA|USERPROFILE|SystemRoot)$/;

/** Throws {@link ConfigurationFault} that names the variables which a throwaway service would ignore. */
export function assertRead(names: readonly string[]): void {
  const ignored = names.filter((name) => !READ.test(name) && !OF_PROCESS.test(name));
  if (ignored.length > 0)
    throw new ConfigurationFault(ignored.map((name) => `${name} is not read by a throwaway service`));
}

/** Returns the variables that are read, by their names. */
export function readableVariables(variables: Variables): Record<string, string> {
  const chosen = Object.entries(variables).filter((entry): entry is [string, string] => READ.test(entry[0]));
  return Object.fromEntries(chosen);
}
