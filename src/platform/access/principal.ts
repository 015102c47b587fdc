/** Every role that a user can have; tokens, the operator commands and the OpenAPI document use this list. */
export const ROLES = ['user', 'auditor', 'admin'] as const;

/** `user`: everybody; `auditor`: reads the trail and handles alerts; `admin`: may also do what an auditor may. */
export type Role = (typeof ROLES)[number];

/** A person with an access token of one of their sessions. */
export interface SessionPrincipal {
  readonly kind: 'session';
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly Role[];
  /** The level of the session's proofs when the token was issued. */
  readonly acr: 'aal1' | 'aal2';
  /** The access token's `jti`. */
  readonly tokenId: string;
  /** Unix seconds at which the access token was issued. */
  readonly issuedAt: number;
  /** Unix seconds at which the access token expires. */
  readonly expiresAt: number;
}

/** A program that acts for a person with one of their API keys. */
interface ApiKeyPrincipal {
  readonly kind: 'api-key';
  readonly keyId: string;
  readonly userId: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly string[];
}

/** A program with an account of its own; it has scopes and no roles. */
interface ServiceAccountPrincipal {
  readonly kind: 'service-account';
  readonly keyId: string;
  readonly serviceAccountId: string;
  readonly scopes: readonly string[];
}

/** The caller, for any accepted kind of bearer token. */
export type Principal = SessionPrincipal | ApiKeyPrincipal | ServiceAccountPrincipal;

/** Returns the stable id by which rate limits count a caller; all sessions and keys of a person share it. */
export function callerIdOf(principal: Principal): string {
  return principal.kind === 'service-account' ? principal.serviceAccountId : principal.userId;
}

/** Returns the user and session that a request's record names; null where the caller has none. */
export function recordedCaller(principal: Principal | null): {
  readonly userId: string | null;
  readonly sessionId: string | null;
} {
  if (principal === null || principal.kind === 'service-account') return { userId: null, sessionId: null };
  return {
    userId: principal.userId,
    sessionId: principal.kind === 'session' ? principal.sessionId : null,
  };
}
