import type { Environment } from './environment.js';

/** For each value of DATABASE_SSL, the `sslmode` values that are at least as strict. */
const AS_STRICT: Readonly<Record<'require' | 'verify-full', readonly string[]>> = {
  require: ['require', 'verify-ca', 'verify-full'],
  'verify-full': ['verify-full'],
};

/**
 * The driver prefers the TLS settings in the URL to DATABASE_SSL, so a less strict URL would silently disable
 * encryption or the check of the certificate. Returns one sentence for each URL that contradicts DATABASE_SSL.
 */
export function tlsContradictions(environment: Environment): string[] {
  const { DATABASE_SSL: demanded } = environment;
  if (demanded === 'off') return [];
  return (['DATABASE_URL', 'DATABASE_MIGRATION_URL'] as const).flatMap((variable) => {
    const address = environment[variable];
    if (address === undefined || !URL.canParse(address)) return [];
    const { searchParams } = new URL(address);
    const mode = searchParams.get('sslmode');
    const isLaxer = searchParams.has('ssl') || (mode !== null && !AS_STRICT[demanded].includes(mode));
    const parameter = searchParams.has('ssl') ? 'ssl' : 'sslmode';
    return isLaxer ? [`${variable} has ${parameter} in it, which contradicts DATABASE_SSL=${demanded}`] : [];
  });
}
