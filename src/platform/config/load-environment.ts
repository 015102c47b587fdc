import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { ConfigurationFault } from './configuration-fault.js';
import { crossFaults } from './cross-checks.js';
import { readDotenv } from './dotenv-file.js';
import { Environment } from './environment.js';
import { GENERATED_SECRETS, generatedSecret } from './generated-secrets.js';
import { LINK_PATHS, LINK_VARIABLES } from './link-variables.js';
import { unreadable } from './usable-files.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** Prefixes that only this service uses, so that an unknown name with one of them must be a typing error. */
const OWN_PREFIX = /^(RATE_LIMIT|DETECT)_/;

/**
 * Variables that Kubernetes adds to every container if the namespace has a Service named, for example, `rate-limit`.
 */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** Values in which white space is significant: stored data depends on them, or people type them. */
const VERBATIM = new Set([
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'PASSWORD_PEPPER',
  'PASSWORD_PEPPER_PREVIOUS',
  'BOOTSTRAP_ADMIN_PASSWORD',
]);

/** Variables that get their default from other variables. */
const DERIVED: readonly string[] = ['PUBLIC_URL', 'JWT_ISSUER', 'RATE_LIMIT_DEFAULT', ...LINK_VARIABLES];

/** Returns all variables that {@link Environment} declares. */
export function variableNames(): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(Environment, '', false, false);
  return [...new Set(metadata.map((one) => one.propertyName))];
}

/**
 * Reads the environment and `.env` (the environment wins; an empty value counts as unset), derives defaults from other
 * variables, and validates everything at once. Throws {@link ConfigurationFault} with all faults. Outside production,
 * missing secrets come from `secretOf`, which generates them by default.
 */
export function loadEnvironment(
  variables: Variables = process.env,
  folder: string = process.cwd(),
  secretOf: typeof generatedSecret = generatedSecret,
): Environment {
  const all: Variables = { ...trimmed(readDotenv(folder)), ...trimmed(variables) };
  const names = variableNames();
  const given: Record<string, string> = {};
  for (const name of names) if (all[name] !== undefined) given[name] = all[name];

  const faults = Object.keys(all)
    .filter((name) => OWN_PREFIX.test(name) && !SERVICE_LINK.test(name) && !names.includes(name))
    .map((name) => `${name} is not a variable of this service`);
  const authorities = unreadable('NODE_EXTRA_CA_CERTS', all['NODE_EXTRA_CA_CERTS']);
  if (authorities) faults.push(authorities);
  const isProduction = given['NODE_ENV']?.toLowerCase() === 'production';
  if (isProduction) faults.push(...missingInProduction(given));
  const derived = DERIVED.filter((name) => given[name] === undefined);
  fillDefaults(given, isProduction, secretOf);

  const environment = plainToInstance(Environment, given, { exposeDefaultValues: true });
  faults.push(...memberFaults(environment, derived));
  if (faults.length === 0) faults.push(...crossFaults(environment));
  if (faults.length > 0) throw new ConfigurationFault(faults);
  return environment;
}

/** Trims all values and drops those that are empty afterwards. */
function trimmed(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables)
      .map(([name, value]) => [name, VERBATIM.has(name) ? value : value?.trim()] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
}

function missingInProduction(given: Variables): string[] {
  return ['JWT_SECRET_KEY', 'PASSWORD_PEPPER', 'DATABASE_URL', 'COOKIE_SECURE']
    .filter((name) => given[name] === undefined)
    .map((name) => `${name} must be set in production`);
}

function fillDefaults(
  given: Record<string, string>,
  isProduction: boolean,
  secretOf: typeof generatedSecret,
): void {
  const number = (name: string, otherwise: string) => given[name] ?? otherwise;
  given['PUBLIC_URL'] ??= `http://localhost:${number('PORT', '3000')}`;
  given['JWT_ISSUER'] ??= given['PUBLIC_URL'];
  given['RATE_LIMIT_DEFAULT'] ??=
    `${number('RATE_LIMIT_MAX_REQUESTS', '100')}/${number('RATE_LIMIT_WINDOW_SECONDS', '60')}`;
  const address = given['PUBLIC_URL'].replace(/\/+$/, '');
  for (const [name, path] of Object.entries(LINK_PATHS)) given[name] ??= `${address}/account/${path}`;
  given['COOKIE_SECURE'] ??= 'false';
  given['DOCS_ENABLED'] ??= String(!isProduction);
  given['LOG_FORMAT'] ??= process.stdout.isTTY && !isProduction ? 'pretty' : 'json';
  if (isProduction) return;
  for (const name of GENERATED_SECRETS) given[name] ??= secretOf(given['DATA_DIR'] ?? './data', name);
}

/**
 * Returns one line per variable: class-validator may report several constraints, and the first is enough. A fault of a
 * derived variable comes from the variable that it is derived from, so it needs no second line.
 */
function memberFaults(environment: Environment, derived: readonly string[]): string[] {
  const faults = validateSync(environment, {
    skipMissingProperties: false,
    forbidUnknownValues: true,
  }).filter((fault) => !(environment.isProduction && fault.value === undefined));
  const causes = faults.filter((fault) => !derived.includes(fault.property));
  return (causes.length > 0 ? causes : faults).map(
    (fault) => Object.values(fault.constraints ?? {})[0] ?? `${fault.property} is not valid`,
  );
}
