import type { Role } from '../../platform/access/principal.js';

/** The form of a scope, `area:verb`. Scopes of other products are accepted too. */
export const SCOPE_PATTERN = /^[a-z][a-z0-9_-]{0,31}:[a-z][a-z0-9_-]{0,31}$/;

/** The largest number of scopes of a key or a service account. */
export const MAX_SCOPES = 30;

const REVIEWERS: readonly Role[] = ['auditor', 'admin'];
const ADMINISTRATORS: readonly Role[] = ['admin'];

/** The roles, any of which a person needs for the scopes of an area of this service. Other areas need none. */
const ROLES_OF_AREAS: ReadonlyMap<string, readonly Role[]> = new Map([
  ['users', ADMINISTRATORS],
  ['revocations', ADMINISTRATORS],
  ['tokens', ADMINISTRATORS],
  ['audit', REVIEWERS],
  ['alerts', REVIEWERS],
]);

/** Returns the scopes of a person's key that its owner's present roles allow. */
export function scopesAllowedTo(roles: readonly Role[], scopes: readonly string[]): string[] {
  return scopes.filter((scope) => {
    const anyOf = ROLES_OF_AREAS.get(scope.slice(0, scope.indexOf(':')));
    return anyOf === undefined || anyOf.some((role) => roles.includes(role));
  });
}
