import { isUuid } from '../../platform/crypto/uuid.js';

/** What an assertion of the gateway says about a caller. */
export interface Assertion {
  readonly subject: string;
  /** Null for programs. */
  readonly sessionId: string | null;
  /** Null for people. */
  readonly keyId: string | null;
  readonly scopes: readonly string[];
  /** The `aud` of the rule. */
  readonly audience: string;
  /** The assertion's `jti`. */
  readonly tokenId: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Returns the assertion of the claims; null if a member is missing or malformed. The times are not checked. */
export function assertionFrom(claims: unknown): Assertion | null {
  if (typeof claims !== 'object' || claims === null) return null;
  const { aud, sub, sid, key, scope, jti, iat, exp } = claims as Record<string, unknown>;
  const dates = [iat, exp].every((date) => Number.isSafeInteger(date) && (date as number) > 0);
  if (typeof aud !== 'string' || typeof jti !== 'string') return null;
  if (!dates || typeof scope !== 'string' || !isId(sub) || (sid === undefined) === (key === undefined))
    return null;
  if (![sid, key].every((id) => id === undefined || isId(id))) return null;
  return {
    subject: sub,
    sessionId: (sid as string | undefined) ?? null,
    keyId: (key as string | undefined) ?? null,
    scopes: scope.split(' ').filter(Boolean),
    audience: aud,
    tokenId: jti,
    issuedAt: iat as number,
    expiresAt: exp as number,
  };
}

const isId = (value: unknown): value is string => typeof value === 'string' && isUuid(value);
