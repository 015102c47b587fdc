import type { MachinePrincipal, Role } from '../../platform/access/principal.js';
import type { ApiKey } from './api-key.entity.js';
import type { KeyKind } from './key-format.js';

/** The person or the service account that a key belongs to. */
export interface KeyOwner {
  readonly kind: KeyKind;
  readonly id: string;
}

/** The owner of a key that is made now, whose row is locked. */
export interface LockedOwner extends KeyOwner {
  /** The latest login of a person. */
  readonly lastLoginAt?: Date | null;
}

/** Returns the owner of a key. */
export function ownerOf({ userId, serviceAccountId }: Pick<ApiKey, 'userId' | 'serviceAccountId'>): KeyOwner {
  return userId === null ? { kind: 'service-account', id: serviceAccountId! } : { kind: 'user', id: userId };
}

/** Returns the owner of the key that a program calls with. */
export function ownerOfCaller(caller: MachinePrincipal): KeyOwner {
  return caller.kind === 'api-key'
    ? { kind: 'user', id: caller.userId }
    : { kind: 'service-account', id: caller.serviceAccountId };
}

/** Returns the present roles of the person whose key a program calls with; null for a service account, which has none. */
export function ownersRolesOf(caller: MachinePrincipal): readonly Role[] | null {
  return caller.kind === 'api-key' ? caller.roles : null;
}

/** Returns the columns by which the keys of an owner are found. */
export function keysOf({ kind, id }: KeyOwner): { userId: string } | { serviceAccountId: string } {
  return kind === 'user' ? { userId: id } : { serviceAccountId: id };
}

/** Returns what events say about a key and its owner: a service account has no user. */
export function eventAbout(owner: KeyOwner, keyId: string) {
  return owner.kind === 'user'
    ? { userId: owner.id, details: { keyId } }
    : { userId: null, details: { keyId, serviceAccountId: owner.id } };
}
