import { problemTable } from '../platform/errors/problem.js';

/** Problems with API keys and service accounts. */
export const MachinesErrors = problemTable({
  too_many_keys: [409, 'Too many keys', 'There can be at most 50 active keys; revoke one of them first.'],
  key_already_rotated: [
    409,
    'Key already rotated',
    'This key has already been rotated. Use its successor, or create another key.',
  ],
});
