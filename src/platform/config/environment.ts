import { IsEmail, IsOptional, IsString, Matches, MinLength } from 'class-validator';
import { isIP } from 'node:net';
import { type Role, ROLES } from '../access/principal.js';
import {
  ExactLimit,
  Flag,
  FormerSecrets,
  Integer,
  Limit,
  List,
  OneOf,
  Ratio,
  Secret,
  Url,
} from './variables.decorator.js';

const isCidr = (member: string) => {
  const [address, bits, ...rest] = member.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};

/** URL syntax allows `*` in a host, but no browser sends one: a pattern would never match. */
const isExactOrigin = (member: string) =>
  URL.canParse(member) && new URL(member).origin === member && !member.includes('*');

const isRedisUrl = (member: string) =>
  /^rediss?:\/\//.test(member) && URL.canParse(member) && /^(\/\d{0,5})?$/.test(new URL(member).pathname);

/** Checks only the syntax. The code of the rules checks which rules exist and which responses each allows. */
const isRuleName = (member: string) => /^[a-z_]+$/.test(member);

const isRole = (member: string) => ROLES.includes(member as Role);

/** What distinguishes a throwaway service for tests, beside its variables. */
export interface ThrowawaySettings {
  /** Whether the waits of guessing and the caps on mails hold, as in production. */
  readonly limits: boolean;
  /** Path of the log; null is standard error. */
  readonly log: string | null;
}

/**
 * All variables of the process, typed and validated once at start. Properties have the names of the environment
 * variables, so that they are easy to search for; a test keeps `.env.example` in step with them.
 */
export class Environment {
  @OneOf('development', 'test', 'production') NODE_ENV: 'development' | 'test' | 'production' = 'development';
  @IsString() HOST: string = '127.0.0.1';
  @Integer(0, 65_535) PORT: number = 3000;
  /** Issuer of tokens and base of links; `http://localhost:$PORT` if unset. */
  @Url('http', 'https') PUBLIC_URL: string;
  @Integer(1, 64) WEB_CONCURRENCY: number = 1;
  @Integer(32, 1_000_000) MAX_CONNECTIONS: number = 10_000;

  @IsOptional() @Url('postgres', 'postgresql') DATABASE_URL?: string;
  @IsOptional() @Url('postgres', 'postgresql') DATABASE_MIGRATION_URL?: string;
  @Integer(2, 500) DATABASE_POOL_SIZE: number = 10;
  @OneOf('off', 'require', 'verify-full') DATABASE_SSL: 'off' | 'require' | 'verify-full' = 'off';
  @IsOptional()
  @List('redis:// or rediss:// URLs, with a database number as path or none', isRedisUrl)
  REDIS_URL?: string[];
  @IsString() DATA_DIR: string = './data';

  @Secret() JWT_SECRET_KEY: string;
  /** Former values, the most recent first. */
  @FormerSecrets('JWT_SECRET_KEY')
  JWT_SECRET_KEY_PREVIOUS: string[] = [];
  @OneOf('RS256', 'ES256') JWT_ALGORITHM: 'RS256' | 'ES256' = 'RS256';
  @IsOptional() @IsString() JWT_PRIVATE_KEY?: string;
  @IsOptional() @IsString() JWT_PRIVATE_KEY_FILE?: string;
  @Integer(1, 1440) JWT_ACCESS_TOKEN_EXPIRE_MINUTES: number = 30;
  @Integer(1, 365) JWT_REFRESH_TOKEN_EXPIRE_DAYS: number = 7;
  @Integer(1, 400) SESSION_MAX_DAYS: number = 30;
  @Integer(60, 3600) STEP_UP_MAX_AGE_SECONDS: number = 600;
  @List(`roles among ${ROLES.join(', ')}`, isRole) MFA_REQUIRED_ROLES: Role[] = [];
  /** Waiting time before lost factors can be removed; 0 switches that off. */
  @Integer(0, 720) FACTOR_RECOVERY_HOURS: number = 72;
  /** `$PUBLIC_URL` if unset. */
  @IsString() @MinLength(1) JWT_ISSUER: string;
  @IsString() @MinLength(1) JWT_AUDIENCE: string = 'portcullis';

  @Secret() PASSWORD_PEPPER: string;
  /** Former values, the most recent first. */
  @FormerSecrets('PASSWORD_PEPPER')
  PASSWORD_PEPPER_PREVIOUS: string[] = [];
  @Integer(8, 128) PASSWORD_MIN_LENGTH: number = 15;
  @IsOptional() @Url('http', 'https') PASSWORD_BREACH_URL?: string;
  @Integer(4, 15) BCRYPT_ROUNDS: number = 12;
  @Integer(100, 60_000) HASH_MAX_WAIT_MS: number = 5000;
  @Integer(1, 60) PASSWORD_RESET_EXPIRE_MINUTES: number = 30;

  /** The domain for which passkeys are made; the host of `PUBLIC_URL` if unset. */
  @IsOptional() @IsString() PASSKEY_RP_ID?: string;

  @OneOf('open', 'invitation') REGISTRATION: 'open' | 'invitation' = 'open';
  @Flag() REQUIRE_VERIFIED_EMAIL: boolean = false;

  @Integer(1, 9_999_999) RATE_LIMIT_MAX_REQUESTS: number = 100;
  @Integer(1, 86_400) RATE_LIMIT_WINDOW_SECONDS: number = 60;
  /** `$RATE_LIMIT_MAX_REQUESTS/$RATE_LIMIT_WINDOW_SECONDS` if unset. */
  @Limit() RATE_LIMIT_DEFAULT: string;
  @Limit() RATE_LIMIT_ADDRESS: string = '1000/60';
  @Limit() RATE_LIMIT_KEY: string = '100/60';
  @ExactLimit() RATE_LIMIT_LOGIN: string = '5/60';
  @ExactLimit() RATE_LIMIT_LOGIN_ADDRESS: string = '30/60';
  @ExactLimit() RATE_LIMIT_REGISTER: string = '10/60';
  @ExactLimit() RATE_LIMIT_REFRESH: string = '30/60';
  @ExactLimit() RATE_LIMIT_MAIL: string = '3/3600';
  @ExactLimit() RATE_LIMIT_MAIL_ADDRESS: string = '10/3600';
  @ExactLimit() RATE_LIMIT_SECRET: string = '10/60';
  @ExactLimit() RATE_LIMIT_FACTOR: string = '5/300';
  @ExactLimit() RATE_LIMIT_PASSKEY: string = '30/60';
  @Limit() RATE_LIMIT_GATE: string = '6000/60';

  @List('CIDR blocks', isCidr) TRUSTED_PROXIES: string[] = [];
  @List('exact origins such as https://app.example.org; null and * are refused', isExactOrigin)
  CORS_ORIGINS: string[] = [];
  /** Proxies that may ask the gateway; it is off without any. */
  @List('CIDR blocks', isCidr) GATEWAY_PEERS: string[] = [];
  @IsOptional() @IsString() GATEWAY_RULES_FILE?: string;
  @List('exact origins such as https://app.example.org; null and * are refused', isExactOrigin)
  GATEWAY_ORIGINS: string[] = [];
  @IsOptional() @Url('http', 'https') LOGIN_URL?: string;
  @Flag() COOKIE_SECURE: boolean;
  @Flag() HSTS_INCLUDE_SUBDOMAINS: boolean = false;
  @OneOf('strict', 'lax') COOKIE_SAME_SITE: 'strict' | 'lax' = 'strict';

  @OneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent') LOG_LEVEL: string = 'info';
  @OneOf('json', 'pretty') LOG_FORMAT: 'json' | 'pretty';
  @IsOptional()
  @IsEmail({ require_tld: false }, { message: '$property must be an e-mail address' })
  BOOTSTRAP_ADMIN_EMAIL?: string;
  @IsOptional() @IsString() BOOTSTRAP_ADMIN_PASSWORD?: string;
  @IsOptional()
  @MinLength(16, { message: '$property must be at least 16 characters' })
  METRICS_TOKEN?: string;
  @Flag() DOCS_ENABLED: boolean;

  /** These names are defined by OpenTelemetry. No traces are exported if this is unset. */
  @IsOptional() @Url('http', 'https') OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  @IsString() OTEL_SERVICE_NAME: string = 'portcullis';
  @Ratio() OTEL_TRACES_SAMPLER_ARG: string = '1';

  @IsOptional() @Url('http', 'https') ALERT_WEBHOOK_URL?: string;
  @IsOptional()
  @MinLength(16, { message: '$property must be at least 16 characters' })
  ALERT_WEBHOOK_SECRET?: string;
  @OneOf('portcullis', 'slack') ALERT_WEBHOOK_FORMAT: 'portcullis' | 'slack' = 'portcullis';
  @IsOptional()
  @IsEmail({ require_tld: false }, { message: '$property must be an e-mail address' })
  ALERT_EMAIL?: string;
  /** Signs reports of leaked API keys; without it there is no `POST /secret-scanning`. */
  @IsOptional()
  @MinLength(16, { message: '$property must be at least 16 characters' })
  SECRET_SCANNING_SECRET?: string;
  @IsOptional() @Url('smtp', 'smtps') SMTP_URL?: string;
  @IsOptional() @IsString() MAIL_FROM?: string;
  /** Appears in mails. Control characters are not allowed, because they are not valid in a header field. */
  @Matches(/^[^\p{C}]{1,60}$/u, {
    message: '$property must be 1 to 60 characters without control characters',
  })
  PRODUCT_NAME: string = 'Portcullis';
  /** A folder of templates that replace the built-in ones. */
  @IsOptional() @IsString() MAIL_TEMPLATES_DIR?: string;
  /** Pages that links in mails lead to, `$PUBLIC_URL/account/...` if unset; the token is added as the fragment. */
  @Url('http', 'https') LINK_VERIFY_URL: string;
  @Url('http', 'https') LINK_RESET_URL: string;
  @Url('http', 'https') LINK_INVITATION_URL: string;
  @Url('http', 'https') LINK_UNDO_URL: string;
  @Url('http', 'https') LINK_RECOVERY_URL: string;
  @Url('http', 'https') LINK_RECOVERY_FINISH_URL: string;
  @Url('http', 'https') LINK_DEVICE_URL: string;
  @Flag() ACCOUNT_PAGES_ENABLED: boolean = true;

  @Integer(31, 36_500) AUDIT_EVENT_RETENTION_DAYS: number = 400;
  @Integer(31, 36_500) AUDIT_CALL_RETENTION_DAYS: number = 90;
  /** Lets operators examine the traces of an intruder who deletes a stolen account. */
  @Integer(0, 720) ERASURE_DELAY_HOURS: number = 0;
  @Integer(1, 100_000) AUDIT_SPOOL_MAX_MB: number = 256;
  /** Use `false` only to measure the cost of recording API calls. */
  @Flag() AUDIT_CALLS_ENABLED: boolean = true;

  /** Detection thresholds in the form `count/seconds`; see docs/security.md. */
  @Limit() DETECT_BRUTE_FORCE: string = '10/600';
  @Limit() DETECT_DISTRIBUTED_GUESSING: string = '10/600';
  @Limit() DETECT_CREDENTIAL_STUFFING: string = '20/600';
  @Ratio() DETECT_CREDENTIAL_STUFFING_RATIO: string = '0.8';
  @Limit() DETECT_PASSWORD_SPRAYING: string = '50/600';
  @Integer(1, 100_000) DETECT_PASSWORD_SPRAYING_ADDRESSES: number = 10;
  @Ratio() DETECT_PASSWORD_SPRAYING_RATIO: string = '0.5';
  @Integer(1, 1000) DETECT_PASSWORD_SPRAYING_FACTOR: number = 3;
  @Limit() DETECT_FACTOR_GUESSING: string = '10/600';
  @Limit() DETECT_TOKEN_FORGERY: string = '20/300';
  @Limit() DETECT_KEY_ABUSE: string = '20/600';
  @Integer(1, 100_000) DETECT_KEY_ABUSE_ADDRESSES: number = 5;
  @Limit() DETECT_RATE_LIMIT_STORM: string = '100/60';
  @Integer(1, 10_000) DETECT_LOGIN_AFTER_FAILURES: number = 10;
  /** Path of a database file; impossible travel is detected only if this is set. */
  @IsOptional() @IsString() GEOIP_DATABASE?: string;
  @Limit('km/seconds, for example 1000/3600') DETECT_IMPOSSIBLE_TRAVEL: string = '1000/3600';
  @Integer(1, 3600) DETECT_DEPENDENCY_DOWN_SECONDS: number = 5;
  @Limit() DETECT_ERROR_RATE: string = '100/300';
  @Ratio() DETECT_ERROR_RATE_RATIO: string = '0.05';
  @Integer(1, 600_000) DETECT_LATENCY_P99_MS: number = 1000;
  @Integer(10, 86_400) DETECT_LATENCY_SECONDS: number = 300;
  @Integer(10, 60_000) DETECT_EVENT_LOOP_DELAY_MS: number = 500;
  @Integer(10, 60_000) DETECT_HASH_WAIT_MS: number = 2500;
  @Integer(1, 3600) DETECT_AUDIT_LAG_SECONDS: number = 10;
  @Integer(1, 86_400) AUDIT_VERIFY_INTERVAL_SECONDS: number = 600;

  /**
   * Rules whose alerts trigger an automatic response. A condition that an outsider can cause must not end its victim's
   * sessions.
   */
  @List('names of rules', isRuleName)
  RESPOND_BLOCK_ADDRESS: string[] = [];
  @Integer(1, 604_800) RESPOND_BLOCK_SECONDS: number = 900;
  @List('names of rules', isRuleName)
  RESPOND_END_SESSIONS: string[] = [];

  /** Only `start:ephemeral` sets it; no variable does. */
  throwaway: ThrowawaySettings | null = null;

  get isProduction(): boolean {
    return this.NODE_ENV === 'production';
  }
}
