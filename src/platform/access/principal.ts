import type { VoidUntil } from './void-until.js';

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
  /** Up to when tokens about the session are void; also absent if nobody has asked. */
  readonly voidUntil?: VoidUntil;
}

/** A program that acts for a person with one of their API keys. */
interface ApiKeyPrincipal {
  readonly kind: 'api-key';
  readonly keyId: string;
  readonly userId: string;
  /** The present roles of the owner; without a second factor of the owner, none that needs one. */
  readonly roles: readonly Role[];
  /** The scopes of the key without those for which its owner lacks the role. */
  readonly scopes: readonly string[];
  /** Unix seconds at which the key expires. */
  readonly expiresAt: number;
  /** Up to when tokens about the key are void. */
  readonly voidUntil?: VoidUntil;
}

/** A program with an account of its own; it has scopes and no roles. */
interface ServiceAccountPrincipal {
  readonly kind: 'service-account';
  readonly keyId: string;
  readonly serviceAccountId: string;
  /** The scopes of the key that the account has too. */
  readonly scopes: readonly string[];
  /** Unix seconds at which the key, or the token that it got, expires. */
  readonly expiresAt: number;
  /** Up to when tokens of the key are void. */
  readonly voidUntil?: VoidUntil;
}

/** A program that calls with a key, its owner's or a service account's. */
export type MachinePrincipal = ApiKeyPrincipal | ServiceAccountPrincipal;

/** The caller, for any accepted kind of bearer token. */
export type Principal = SessionPrincipal | MachinePrincipal;

/** The key with which a request was made, as the details of its events name it. */
export interface UsedKey {
  readonly keyId: string;
  readonly serviceAccountId?: string;
}

/** Returns the members that name the key of a caller in the details of events. */
export function usedKeyOf(principal: MachinePrincipal): UsedKey {
  const { keyId } = principal;
  return principal.kind === 'api-key' ? { keyId } : { keyId, serviceAccountId: principal.serviceAccountId };
}

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
