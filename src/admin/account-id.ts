import { ApiParam } from '@nestjs/swagger';
import { isUuid } from '../platform/crypto/uuid.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';

/** Documents the id of an account in a path. */
export const ApiAccountId = () =>
  ApiParam({
    name: 'id',
    description: 'The id of the account.',
    schema: { type: 'string', format: 'uuid', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' },
  });

/** Returns the id of an account in a path. Throws `not_found` for anything else, such as an e-mail address. */
export function accountId(id: string): string {
  if (!isUuid(id)) throw new Problem(PlatformErrors.not_found);
  return id.toLowerCase();
}
