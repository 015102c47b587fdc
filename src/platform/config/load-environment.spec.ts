import { fc } from '@fast-check/vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationFault } from './configuration-fault.js';
import type { Environment } from './environment.js';
import { loadEnvironment, variableNames } from './load-environment.js';

type Variables = Record<string, string | undefined>;

const SECRET = 'aX3-9fQ7vR2mK8pL5wZ1cN6bT4yH0jD7sG3e';
const PEPPER = 'nB8_2kW5xC9zM1qV7tF4rJ6hP3lS0dY8uE5g';
const PRODUCTION: Variables = {
  NODE_ENV: 'production',
  JWT_SECRET_KEY: SECRET,
  PASSWORD_PEPPER: PEPPER,
  DATABASE_URL: 'postgres://portcullis@db.internal/portcullis',
  COOKIE_SECURE: 'true',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-env-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (variables: Variables = {}): Environment =>
  loadEnvironment({ DATA_DIR: join(folder, 'data'), ...variables }, folder);

/** Returns the faults that prevent the start; none if it succeeds. */
function faultsOf(variables: Variables): readonly string[] {
  try {
    load(variables);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationFault) return error.faults;
    throw error;
  }
}

describe('with nothing set', () => {
  it('everything has the default of the contract', () => {
    expect(load()).toMatchObject({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: 3000,
      PUBLIC_URL: 'http://localhost:3000',
      WEB_CONCURRENCY: 1,
      JWT_ALGORITHM: 'RS256',
      JWT_ISSUER: 'http://localhost:3000',
      JWT_AUDIENCE: 'portcullis',
      JWT_ACCESS_TOKEN_EXPIRE_MINUTES: 30,
      JWT_REFRESH_TOKEN_EXPIRE_DAYS: 7,
      SESSION_MAX_DAYS: 30,
      PASSWORD_MIN_LENGTH: 15,
      BCRYPT_ROUNDS: 12,
      HASH_MAX_WAIT_MS: 5000,
      RATE_LIMIT_DEFAULT: '100/60',
      RATE_LIMIT_ADDRESS: '1000/60',
      RATE_LIMIT_LOGIN: '5/60',
      RATE_LIMIT_LOGIN_ADDRESS: '30/60',
      RATE_LIMIT_REGISTER: '10/60',
      RATE_LIMIT_REFRESH: '30/60',
      TRUSTED_PROXIES: [],
      CORS_ORIGINS: [],
      COOKIE_SECURE: false,
      COOKIE_SAME_SITE: 'strict',
      LOG_LEVEL: 'info',
      DOCS_ENABLED: true,
      AUDIT_EVENT_RETENTION_DAYS: 400,
      AUDIT_CALL_RETENTION_DAYS: 90,
      ERASURE_DELAY_HOURS: 0,
      isProduction: false,
    });
    expect(load().DATABASE_URL).toBeUndefined();
    expect(load().REDIS_URL).toBeUndefined();
  });

  it('the secrets are made once, and differ', () => {
    const first = load();
    const second = load();
    expect(second.JWT_SECRET_KEY).toBe(first.JWT_SECRET_KEY);
    expect(second.PASSWORD_PEPPER).toBe(first.PASSWORD_PEPPER);
    expect(first.JWT_SECRET_KEY).not.toBe(first.PASSWORD_PEPPER);
    expect(Buffer.from(first.JWT_SECRET_KEY, 'base64url')).toHaveLength(48);
  });
});

describe('where a value comes from', () => {
  it('is the environment, or else .env', () => {
    writeFileSync(
      join(folder, '.env'),
      '# the file\nPORT=4000\nJWT_AUDIENCE="from the file"\nLOG_LEVEL=debug # lines\n',
    );
    const environment = load({ PORT: '5000' });
    expect(environment).toMatchObject({ PORT: 5000, JWT_AUDIENCE: 'from the file', LOG_LEVEL: 'debug' });
  });

  it('is neither when it is empty: an empty value counts as unset', () => {
    writeFileSync(join(folder, '.env'), 'PORT=\nJWT_AUDIENCE=from the file\n');
    expect(load({ PORT: '', JWT_AUDIENCE: '', REDIS_URL: '', CORS_ORIGINS: '' })).toMatchObject({
      PORT: 3000,
      JWT_AUDIENCE: 'from the file',
      CORS_ORIGINS: [],
    });
  });

  it('follows from other variables where it is not given', () => {
    expect(load({ PORT: '8080' })).toMatchObject({
      PUBLIC_URL: 'http://localhost:8080',
      JWT_ISSUER: 'http://localhost:8080',
    });
    expect(load({ PUBLIC_URL: 'https://auth.example.org' }).JWT_ISSUER).toBe('https://auth.example.org');
    expect(load({ PUBLIC_URL: 'https://example.org/auth/' })).toMatchObject({
      LINK_VERIFY_URL: 'https://example.org/auth/account/verify',
      LINK_RESET_URL: 'https://example.org/auth/account/reset',
      LINK_INVITATION_URL: 'https://example.org/auth/account/invitation',
      LINK_UNDO_URL: 'https://example.org/auth/account/undo',
      LINK_RECOVERY_URL: 'https://example.org/auth/account/recovery',
      LINK_RECOVERY_FINISH_URL: 'https://example.org/auth/account/recovery/finish',
      LINK_DEVICE_URL: 'https://example.org/auth/account/device',
    });
    expect(load({ RATE_LIMIT_MAX_REQUESTS: ' 7 ', RATE_LIMIT_WINDOW_SECONDS: '3' }).RATE_LIMIT_DEFAULT).toBe(
      '7/3',
    );
  });

  it('is read without regard to the case of words and the space around them', () => {
    expect(
      load({
        LOG_LEVEL: 'WARN',
        JWT_ALGORITHM: 'es256',
        COOKIE_SAME_SITE: ' Lax ',
        COOKIE_SECURE: 'TRUE',
        PORT: ' 99 ',
      }),
    ).toMatchObject({
      LOG_LEVEL: 'warn',
      JWT_ALGORITHM: 'ES256',
      COOKIE_SAME_SITE: 'lax',
      COOKIE_SECURE: true,
      PORT: 99,
    });
  });

  it('may be a list', () => {
    expect(
      load({
        CORS_ORIGINS: 'https://a.example, https://b.example:8443,',
        REDIS_URL: 'redis://a:1,redis://b:2',
      }),
    ).toMatchObject({
      CORS_ORIGINS: ['https://a.example', 'https://b.example:8443'],
      REDIS_URL: ['redis://a:1', 'redis://b:2'],
    });
  });
});

describe('pages that links lead to', () => {
  it('may be on an origin of CORS_ORIGINS', () => {
    const LINK_RESET_URL = 'https://app.example.org/reset?theme=dark';
    expect(faultsOf({ LINK_RESET_URL, CORS_ORIGINS: 'https://app.example.org' })).toEqual([]);
  });

  it('make no fault of their own where PUBLIC_URL has one', () => {
    expect(faultsOf({ PUBLIC_URL: 'auth.example.org' })).toEqual([expect.stringMatching(/^PUBLIC_URL /)]);
  });
});

describe('production', () => {
  it('starts with its secrets, its database and secure cookies', () => {
    expect(load(PRODUCTION)).toMatchObject({ isProduction: true, DOCS_ENABLED: false, LOG_FORMAT: 'json' });
    expect(load({ ...PRODUCTION, NODE_ENV: ' Production ' }).isProduction).toBe(true);
  });

  it.each(['JWT_SECRET_KEY', 'PASSWORD_PEPPER', 'DATABASE_URL', 'COOKIE_SECURE'])(
    'does not start without %s',
    (name) => {
      expect(faultsOf({ ...PRODUCTION, [name]: undefined })).toEqual([`${name} must be set in production`]);
      expect(faultsOf({ ...PRODUCTION, [name]: '' })).toEqual([`${name} must be set in production`]);
    },
  );

  it('names everything that is missing at once, and generates no secret', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toHaveLength(4);
  });

  it.each([
    ['cookies that travel over http', { COOKIE_SECURE: 'false' }, 'COOKIE_SECURE'],
    ['cheap hashes', { BCRYPT_ROUNDS: '9' }, 'BCRYPT_ROUNDS'],
    ['one secret for both', { PASSWORD_PEPPER: SECRET }, 'PASSWORD_PEPPER'],
    [
      'alerts over http',
      { ALERT_WEBHOOK_URL: 'http://hooks.example', ALERT_WEBHOOK_SECRET: SECRET },
      'ALERT_WEBHOOK_URL',
    ],
    [
      'tokens of mails that travel over http',
      { LINK_RESET_URL: 'http://app.example.org/reset', CORS_ORIGINS: 'https://app.example.org' },
      'LINK_RESET_URL',
    ],
    ['addresses that nobody can prove', { REQUIRE_VERIFIED_EMAIL: 'true' }, 'SMTP_URL'],
    ['alerts that nobody can verify', { ALERT_WEBHOOK_URL: 'https://hooks.example' }, 'ALERT_WEBHOOK_SECRET'],
  ])('does not start with %s', (_what, variables, name) => {
    expect(faultsOf({ ...PRODUCTION, ...variables })).toEqual([expect.stringMatching(`^${name} must`)]);
  });

  it.each([
    'changeme-changeme-changeme-changeme-1',
    'CHANGE_ME_to_something_that_is_long_enough',
    'your-secret-goes-here-0123456789abcdef',
    'placeholder-placeholder-0123456789',
    '<openssl rand -base64 48 of your own>',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'short but random 9fQ7vR2mK8p',
  ])('does not start with the placeholder %s', (secret) => {
    expect(faultsOf({ ...PRODUCTION, JWT_SECRET_KEY: secret })).toEqual([
      expect.stringMatching(/^JWT_SECRET_KEY must/),
    ]);
    expect(faultsOf({ ...PRODUCTION, PASSWORD_PEPPER: secret })).toEqual([
      expect.stringMatching(/^PASSWORD_PEPPER must/),
    ]);
  });
});

describe('a faulty value is refused, by the name of its variable', () => {
  it.each([
    ['NODE_ENV', 'staging'],
    ['RATE_LIMIT_MAX_REQUESTS', 'many'],
    ['RATE_LIMIT_WINDOW_SECONDS', '0'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '3000x'],
    ['PORT', '0x10'],
    ['PORT', '1e3'],
    ['PORT', '3.5'],
    ['WEB_CONCURRENCY', '0'],
    ['PUBLIC_URL', 'auth.example.org'],
    ['PUBLIC_URL', 'javascript:alert(1)'],
    ['PUBLIC_URL', 'http://1.2.3.999'],
    ['PUBLIC_URL', 'https://'],
    ['DATABASE_URL', 'mysql://db/portcullis'],
    ['DATABASE_POOL_SIZE', '1'],
    ['DATABASE_SSL', 'prefer'],
    ['REDIS_URL', 'http://redis'],
    ['REDIS_URL', 'redis://a,'.concat('tcp://b')],
    ['JWT_ALGORITHM', 'HS256'],
    ['JWT_ALGORITHM', 'none'],
    ['JWT_ACCESS_TOKEN_EXPIRE_MINUTES', '0'],
    ['JWT_REFRESH_TOKEN_EXPIRE_DAYS', '0'],
    ['SESSION_MAX_DAYS', '401'],
    ['PASSWORD_MIN_LENGTH', '7'],
    ['BCRYPT_ROUNDS', '16'],
    ['BCRYPT_ROUNDS', '9'],
    ['HASH_MAX_WAIT_MS', '99'],
    ['RATE_LIMIT_LOGIN', '5'],
    ['RATE_LIMIT_LOGIN', '0/60'],
    ['RATE_LIMIT_LOGIN', '5/0'],
    ['RATE_LIMIT_LOGIN', '-5/60'],
    ['RATE_LIMIT_LOGIN', '5/60/60'],
    ['RATE_LIMIT_REGISTER', 'none'],
    ['DETECT_IMPOSSIBLE_TRAVEL', '1000'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0/8'],
    ['TRUSTED_PROXIES', '::/129'],
    ['TRUSTED_PROXIES', 'proxy.internal'],
    ['TRUSTED_PROXIES', '*'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'https://a.example/'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['CORS_ORIGINS', 'https://A.example'],
    ['CORS_ORIGINS', 'a.example'],
    ['CORS_ORIGINS', 'https://*.example'],
    ['COOKIE_SECURE', 'yes'],
    ['COOKIE_SAME_SITE', 'none'],
    ['LOG_LEVEL', 'verbose'],
    ['LOG_FORMAT', 'xml'],
    ['BOOTSTRAP_ADMIN_EMAIL', 'admin'],
    ['METRICS_TOKEN', 'short'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['DOCS_ENABLED', '1'],
    ['SMTP_URL', 'mail.example'],
    ['ALERT_EMAIL', 'ops'],
    ['AUDIT_EVENT_RETENTION_DAYS', '30'],
    ['PASSWORD_RESET_EXPIRE_MINUTES', '61'],
    ['REGISTRATION', 'closed'],
    ['REQUIRE_VERIFIED_EMAIL', 'yes'],
    ['RATE_LIMIT_MAIL', '3'],
    ['LINK_VERIFY_URL', 'https://elsewhere.example/verify'],
    ['LINK_RESET_URL', 'http://localhost:3000.example.org/reset'],
    ['LINK_UNDO_URL', 'http://localhost:3000/undo#here'],
    ['LINK_UNDO_URL', 'http://localhost:3000/undo#'],
    ['LINK_DEVICE_URL', 'javascript:alert(1)'],
  ])('%s=%s', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} `));
    expect(faults[0]).not.toContain('\n');
  });

  it.each([
    [
      { RATE_LIMIT_LOGIN: '10001/60', RATE_LIMIT_ADDRESS: '10001/60' },
      'RATE_LIMIT_LOGIN must be limit/seconds, for example 5/60, with a limit of at most 10000, or off',
    ],
    [{ RATE_LIMIT_LOGN: '5/60' }, 'RATE_LIMIT_LOGN is not a variable of this service'],
    [
      { JWT_PRIVATE_KEY: 'a', JWT_PRIVATE_KEY_FILE: 'b' },
      'JWT_PRIVATE_KEY_FILE must not be set together with JWT_PRIVATE_KEY',
    ],
    [
      { BOOTSTRAP_ADMIN_EMAIL: 'ada@example.org' },
      'BOOTSTRAP_ADMIN_EMAIL and BOOTSTRAP_ADMIN_PASSWORD must be set together',
    ],
    [{ ALERT_EMAIL: 'ops@example.org' }, 'SMTP_URL must be set with ALERT_EMAIL'],
    [
      { DATABASE_MIGRATION_URL: 'postgres://owner@db/x' },
      'DATABASE_URL must be set with DATABASE_MIGRATION_URL',
    ],
    [{ REDIS_URL: 'redis://a,rediss://b' }, 'REDIS_URL must not mix redis:// and rediss://'],
    [
      { AUDIT_EVENT_RETENTION_DAYS: '60', AUDIT_CALL_RETENTION_DAYS: '61' },
      'AUDIT_CALL_RETENTION_DAYS must be at most AUDIT_EVENT_RETENTION_DAYS, because an erased call is verified by the event of its erasure',
    ],
  ])('%j', (variables, fault) => {
    expect(faultsOf(variables as Variables)).toEqual([fault]);
  });

  it('all of them at once, one line each', () => {
    const faults = faultsOf({ PORT: 'x', BCRYPT_ROUNDS: 'x', JWT_ALGORITHM: 'x', RATE_LIMIT_LOGN: 'x' });
    expect(faults).toHaveLength(4);
    expect(faults.every((fault) => !fault.includes('\n'))).toBe(true);
  });
});

describe('a fault', () => {
  it('never repeats a value, whichever variable it was put into by mistake', () => {
    const names = variableNames().filter((name) => name !== 'DATA_DIR');
    const secret = fc.stringMatching(/^[!-~]{12,60}$/).map((text) => `§${text}`);
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 1 }), secret, fc.boolean(), (chosen, value, production) => {
        const variables = Object.fromEntries(chosen.map((name) => [name, value]));
        const faults = faultsOf(production ? { ...PRODUCTION, ...variables } : variables);
        expect(faults.join('\n')).not.toContain(value);
        expect(faults.join('\n')).not.toContain(value.slice(0, 10));
      }),
      { numRuns: 200 },
    );
  });
});
