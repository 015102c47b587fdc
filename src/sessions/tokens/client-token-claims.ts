import { isUuid } from '../../platform/crypto/uuid.js';

/** The claims of an access token that a service account got for one of its keys (RFC 9068 section 2.2). */
export interface ClientTokenClaims {
  readonly iss: string;
  /** A string, never a list, so that a token has exactly one audience. */
  readonly aud: string;
  /** The service account, as `client_id`. */
  readonly sub: string;
  readonly client_id: string;
  /** The API key that got the token. */
  readonly key: string;
  /** Separated by spaces. */
  readonly scope: string;
  readonly jti: string;
  /** Unix seconds. */
  readonly iat: number;
  /** Unix seconds. */
  readonly exp: number;
}

/** A genuine access token of a service account; its key can have ended since. */
export interface ClientToken {
  readonly kind: 'client-token';
  readonly serviceAccountId: string;
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** The token's `jti`. */
  readonly tokenId: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/**
 * Returns the token of the claims; null if a member is missing or malformed, or one of a session is there. The times
 * are not checked.
 */
export function clientTokenFrom(claims: unknown): ClientToken | null {
  if (typeof claims !== 'object' || claims === null) return null;
  const { aud, sub, client_id, key, scope, jti, iat, exp } = claims as Record<string, unknown>;
  const texts = [aud, sub, key, scope, jti].every((text) => typeof text === 'string');
  const dates = [iat, exp].every((date) => Number.isSafeInteger(date) && (date as number) > 0);
  if (!texts || !dates || client_id !== sub || !isUuid(sub as string) || !isUuid(key as string)) return null;
  if (['nbf', 'sid', 'roles', 'acr'].some((name) => name in claims)) return null;
  return {
    kind: 'client-token',
    serviceAccountId: sub as string,
    keyId: key as string,
    scopes: (scope as string).split(' '),
    tokenId: jti as string,
    issuedAt: iat as number,
    expiresAt: exp as number,
  };
}
