import type { Environment } from './environment.js';

/** `sslmode` values that promise no less than a value of DATABASE_SSL does. */
const AS_STRICT: Readonly<Record<'require' | 'verify-full', readonly string[]>> = {
  require: ['require', 'verify-ca', 'verify-full'],
  'verify-full': ['verify-full'],
};

/**
 * What an address says about TLS wins over DATABASE_SSL in the driver, so one that is laxer would switch encryption or
 * the check of the certificate off in silence. Returns a sentence for each address that contradicts.
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
