import type { Profile } from '../platform/access/profile.js';
import type { User } from './user.entity.js';

/** Returns the part of an account's row that its owner may see. */
export function profileOf(user: User): Profile {
  return {
    id: user.id,
    email: user.email,
    displayName: user.displayName,
    roles: user.roles,
    locale: user.locale,
    emailVerified: user.emailVerified,
    createdAt: user.createdAt.toISOString(),
    updatedAt: user.updatedAt.toISOString(),
  };
}
