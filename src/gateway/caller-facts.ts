import { callerIdOf, type Principal, type Role } from '../platform/access/principal.js';
import { ownersRolesOf } from '../machines/keys/key-owner.js';

/** The identity of a caller as applications receive it. */
export interface CallerFacts {
  /** The `sub` of a person or a service account. */
  readonly subject: string;
  readonly sessionId: string | null;
  /** The API key with which a program acts. */
  readonly keyId: string | null;
  /** Of people only: a key must not pass for its owner in an application that looks at roles alone. */
  readonly roles: readonly Role[];
  readonly scopes: readonly string[];
  /** The present roles of the person whose key it is, which bound what its scopes open; null for any other caller. */
  readonly ownerRoles: readonly Role[] | null;
  /** The level of a session; keys have none. */
  readonly acr: string | null;
}

/** Returns the identity of a caller as applications receive it. */
export function callerFacts(principal: Principal): CallerFacts {
  const subject = callerIdOf(principal);
  if (principal.kind === 'session') {
    const { sessionId, roles, acr } = principal;
    return { subject, sessionId, keyId: null, roles, scopes: [], ownerRoles: null, acr };
  }
  const { keyId, scopes } = principal;
  const ownerRoles = ownersRolesOf(principal);
  return { subject, sessionId: null, keyId, roles: [], scopes, ownerRoles, acr: null };
}
