import type { Role } from '../platform/access/principal.js';
import type { AssuranceLevel } from './proofs.js';

/**
 * The roles that a session has at a level: without a second factor, it has none of those that need one
 * (`MFA_REQUIRED_ROLES`).
 */
export function rolesAtLevel(
  roles: readonly Role[],
  acr: AssuranceLevel,
  needFactor: readonly Role[],
): Role[] {
  return roles.filter((role) => acr === 'aal2' || !needFactor.includes(role));
}
