import type { Profile } from '../platform/access/profile.js';
import type { User } from './user.entity.js';

/** What the owner of an account may see of its row. */
export function profileOf(user: User): Profile {
  return {
    id: user.id,
    email: user.email,
    displayName: user.displayName,
    roles: user.roles,
    emailVerified: user.emailVerified,
    createdAt: user.createdAt.toISOString(),
    updatedAt: user.updatedAt.toISOString(),
  };
}
