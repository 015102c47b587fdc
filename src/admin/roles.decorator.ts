import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsIn } from 'class-validator';
import { ROLES, type Role } from '../platform/access/principal.js';

/** No request needs more; repeated roles count once. */
const MAX_ROLES = 16;

/** Validates a list of roles. */
export const IsRoles = () =>
  applyDecorators(
    IsArray({ message: '$property must be a list of roles' }),
    ArrayMaxSize(MAX_ROLES, { message: `$property must have at most ${MAX_ROLES} members` }),
    IsIn(ROLES, { each: true, message: `each of $property must be one of ${ROLES.join(', ')}` }),
  );

/** Returns the roles of an account that is given these: `user` is always one of them, and each is named once. */
export function rolesWith(given: readonly Role[]): Role[] {
  return ROLES.filter((role) => role === 'user' || given.includes(role));
}
