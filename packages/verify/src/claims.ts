import type { Kind } from './token-form.js';
import { invalid } from './verification-error.js';

/** The roles of the service. */
export type Role = 'user' | 'auditor' | 'admin';

/** The claims of an accepted token, or what the service says of an accepted API key. Times are Unix seconds. */
export interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  /** The id of the token; of an API key, the same as `key`. */
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  /** The session; absent from tokens that a key got. */
  readonly sid?: string;
  /** The API key that got the token. */
  readonly key?: string;
  readonly client_id?: string;
  readonly roles?: readonly Role[];
  readonly scope?: string;
  /** Of a person's key: the present roles of its owner, which bound what its scopes open. */
  readonly owner_roles?: readonly Role[];
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** The rule of the gateway, in assertions. */
  readonly rule?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ROLES: readonly unknown[] = ['user', 'auditor', 'admin'];

/** How far the clock of the service may be ahead, seconds. */
const IAT_LEEWAY_SECONDS = 60;

interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly nowSeconds: number;
}

/** Checks the claims of a token whose signature is genuine. Throws `invalid_token` if one is missing, malformed or not for us. */
export function readClaims(
  kind: Kind,
  payload: Readonly<Record<string, unknown>>,
  expected: Expected,
): Claims {
  const fault = faultOf(kind, payload, expected);
  if (fault !== null) throw invalid(fault);
  return payload as unknown as Claims;
}

/** What is wrong with the claims; null if nothing is. */
function faultOf(
  kind: Kind,
  payload: Readonly<Record<string, unknown>>,
  { issuer, audience, nowSeconds }: Expected,
): string | null {
  const { iss, aud, sub, jti, iat, exp, sid, key, client_id, roles, scope, owner_roles, auth_time } = payload;
  if (iss !== issuer) return `The iss of the token is ${JSON.stringify(iss)}, not "${issuer}".`;
  if (aud !== audience) return `The aud of the token is ${JSON.stringify(aud)}, not "${audience}".`;
  if ('nbf' in payload) return 'The token has the claim nbf.';
  if (!isUuid(sub)) return malformed('sub');
  if (typeof jti !== 'string') return malformed('jti');
  if (!isDate(iat)) return malformed('iat');
  if (!isDate(exp)) return malformed('exp');
  if (nowSeconds >= exp) return 'The token has expired.';
  if (iat > nowSeconds + IAT_LEEWAY_SECONDS) return 'The token is dated ahead of the clock of this machine.';
  if (kind === 'access' && typeof client_id !== 'string') return malformed('client_id');
  if (!isAbsentOr(sid, isUuid)) return malformed('sid');
  if (!isAbsentOr(key, isUuid)) return malformed('key');
  if (!isAbsentOr(auth_time, isDate)) return malformed('auth_time');
  if (!isAbsentOr(roles, isRoles)) return malformed('roles');
  if (!isAbsentOr(scope, isText)) return malformed('scope');
  if (!isAbsentOr(owner_roles, isRoles)) return malformed('owner_roles');
  // Somebody must have got it: a session, which has roles, or a key, which has scopes.
  const isOfSession = isUuid(sid) && isRoles(roles);
  const isOfKey = isUuid(key) && (kind === 'assertion' || isAbsent(sid));
  return isOfSession || isOfKey ? null : 'The token is neither of a session with roles nor of a key.';
}

const malformed = (claim: string) => `The ${claim} of the token is missing or malformed.`;
const isText = (value: unknown): value is string => typeof value === 'string';
const isUuid = (value: unknown): value is string => isText(value) && UUID.test(value);
const isDate = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isRoles = (value: unknown): value is Role[] =>
  Array.isArray(value) && value.every((role) => ROLES.includes(role));
const isAbsent = (value: unknown) => value === undefined || value === null || value === '';
const isAbsentOr = (value: unknown, is: (value: unknown) => boolean) => isAbsent(value) || is(value);
