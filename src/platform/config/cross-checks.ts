import { gatewayFaults } from './gateway-faults.js';
import { tlsContradictions } from './database-tls.js';
import { mailLinkFaults } from './mail-link-faults.js';
import { Environment } from './environment.js';
import { passkeyDomainFaults } from './passkey-domain-faults.js';
import { isForbiddenTarget } from './webhook-target.js';

type Check = (environment: Environment) => string | false | undefined;

/** Rules that involve more than one variable. Each returns its fault as a sentence that names the variable. */
const CHECKS: readonly Check[] = [
  (e) =>
    e.isProduction &&
    !e.COOKIE_SECURE &&
    'COOKIE_SECURE must be true in production, where cookies are sent only over https',
  (e) =>
    e.JWT_SECRET_KEY === e.PASSWORD_PEPPER &&
    'PASSWORD_PEPPER must differ from JWT_SECRET_KEY; otherwise one leak exposes both',
  (e) =>
    [e.JWT_SECRET_KEY, e.PASSWORD_PEPPER, ...e.PASSWORD_PEPPER_PREVIOUS].some((secret) =>
      e.JWT_SECRET_KEY_PREVIOUS.includes(secret),
    ) && 'JWT_SECRET_KEY_PREVIOUS must contain only former values of JWT_SECRET_KEY',
  (e) =>
    [e.JWT_SECRET_KEY, e.PASSWORD_PEPPER].some((secret) => e.PASSWORD_PEPPER_PREVIOUS.includes(secret)) &&
    'PASSWORD_PEPPER_PREVIOUS must contain only former values of PASSWORD_PEPPER',
  (e) =>
    e.JWT_PRIVATE_KEY !== undefined &&
    e.JWT_PRIVATE_KEY_FILE !== undefined &&
    'JWT_PRIVATE_KEY_FILE must not be set together with JWT_PRIVATE_KEY',
  (e) =>
    e.BCRYPT_ROUNDS < 10 && e.NODE_ENV !== 'test' && 'BCRYPT_ROUNDS must be at least 10 outside of tests',
  (e) =>
    (e.BOOTSTRAP_ADMIN_EMAIL === undefined) !== (e.BOOTSTRAP_ADMIN_PASSWORD === undefined) &&
    'BOOTSTRAP_ADMIN_EMAIL and BOOTSTRAP_ADMIN_PASSWORD must be set together',
  (e) =>
    e.isProduction &&
    e.PASSWORD_BREACH_URL?.startsWith('http://') &&
    'PASSWORD_BREACH_URL must be https in production',
  (e) =>
    e.isProduction &&
    e.ALERT_WEBHOOK_URL?.startsWith('http://') &&
    'ALERT_WEBHOOK_URL must be https in production',
  (e) =>
    e.isProduction &&
    e.ALERT_WEBHOOK_URL !== undefined &&
    e.ALERT_WEBHOOK_FORMAT === 'portcullis' &&
    e.ALERT_WEBHOOK_SECRET === undefined &&
    'ALERT_WEBHOOK_SECRET must be set with ALERT_WEBHOOK_URL in production, so that the receiver can verify alerts',
  (e) => e.ALERT_EMAIL !== undefined && e.SMTP_URL === undefined && 'SMTP_URL must be set with ALERT_EMAIL',
  (e) =>
    e.isProduction &&
    e.REQUIRE_VERIFIED_EMAIL &&
    e.SMTP_URL === undefined &&
    'SMTP_URL must be set with REQUIRE_VERIFIED_EMAIL in production, or nobody could prove an address',
  (e) =>
    e.DATABASE_MIGRATION_URL !== undefined &&
    e.DATABASE_URL === undefined &&
    'DATABASE_URL must be set with DATABASE_MIGRATION_URL',
  (e) =>
    (e.REDIS_URL?.length ?? 0) > 1 &&
    new Set(e.REDIS_URL?.map((url) => new URL(url).protocol)).size > 1 &&
    'REDIS_URL must not mix redis:// and rediss://',
  (e) =>
    (e.REDIS_URL?.length ?? 0) > 1 &&
    e.REDIS_URL?.some((url) => Number(new URL(url).pathname.slice(1)) > 0) &&
    'REDIS_URL must not name a database: a Redis Cluster has only database 0',
  (e) =>
    e.isProduction &&
    e.PUBLIC_URL.startsWith('http://') &&
    // This is the default. The service logs a warning about it once it listens.
    e.PUBLIC_URL !== `http://localhost:${e.PORT}` &&
    'PUBLIC_URL must be https in production, because cookies and tokens are sent to it',
  (e) =>
    e.isProduction &&
    e.CORS_ORIGINS.some((origin) => origin.startsWith('http://')) &&
    'CORS_ORIGINS must be https in production, because a page loaded over http can be altered by anyone on the network',
  (e) =>
    e.isProduction &&
    !e.AUDIT_CALLS_ENABLED &&
    'AUDIT_CALLS_ENABLED must be true in production; false is for measurements',
  (e) =>
    e.AUDIT_CALL_RETENTION_DAYS > e.AUDIT_EVENT_RETENTION_DAYS &&
    'AUDIT_CALL_RETENTION_DAYS must be at most AUDIT_EVENT_RETENTION_DAYS, because an erased call is verified by the event of its erasure',
  (e) =>
    e.ALERT_WEBHOOK_URL !== undefined &&
    isForbiddenTarget(e.ALERT_WEBHOOK_URL, { strict: e.isProduction }) &&
    'ALERT_WEBHOOK_URL must not be a private, link-local or metadata address',
];

/** Returns the faults that involve several variables. */
export function crossFaults(environment: Environment): string[] {
  const faults = CHECKS.map((check) => check(environment)).filter((fault) => typeof fault === 'string');
  return [
    ...faults,
    ...tlsContradictions(environment),
    ...mailLinkFaults(environment),
    ...passkeyDomainFaults(environment),
    ...gatewayFaults(environment),
  ];
}
