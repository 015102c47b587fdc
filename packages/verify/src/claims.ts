import type { Kind } from './token-form.js';

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

/** Checks the claims of a token whose signature is genuine. Returns null if one is missing, malformed or not for us. */
export function readClaims(
  kind: Kind,
  payload: Readonly<Record<string, unknown>>,
  expected: { readonly issuer: string; readonly audience: string; readonly nowSeconds: number },
): Claims | null {
  const { iss, aud, sub, jti, iat, exp, sid, key, client_id, roles, scope, auth_time } = payload;
  if (iss !== expected.issuer || aud !== expected.audience || 'nbf' in payload) return null;
  if (!isUuid(sub) || typeof jti !== 'string' || !isDate(iat) || !isDate(exp)) return null;
  if (expected.nowSeconds >= exp || iat > expected.nowSeconds + IAT_LEEWAY_SECONDS) return null;
  if (kind === 'access' && typeof client_id !== 'string') return null;
  if (!isAbsentOr(sid, isUuid) || !isAbsentOr(key, isUuid) || !isAbsentOr(auth_time, isDate)) return null;
  if (!isAbsentOr(roles, isRoles) || !isAbsentOr(scope, isText)) return null;
  // Somebody must have got it: a session, which has roles, or a key, which has scopes.
  const isOfSession = isUuid(sid) && isRoles(roles);
  const isOfKey = isUuid(key) && (kind === 'assertion' || isAbsent(sid));
  return isOfSession || isOfKey ? (payload as unknown as Claims) : null;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isUuid = (value: unknown): value is string => isText(value) && UUID.test(value);
const isDate = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isRoles = (value: unknown): value is Role[] =>
  Array.isArray(value) && value.every((role) => ROLES.includes(role));
const isAbsent = (value: unknown) => value === undefined || value === null || value === '';
const isAbsentOr = (value: unknown, is: (value: unknown) => boolean) => isAbsent(value) || is(value);
