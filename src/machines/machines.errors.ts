import { problemTable } from '../platform/errors/problem.js';

/** Problems with API keys and service accounts. */
export const MachinesErrors = problemTable({
  too_many_keys: [409, 'Too many keys', 'There can be 50 living keys at a time; revoke one of them first.'],
  key_already_rotated: [
    409,
    'Key already rotated',
    'The key has a successor already. Use that one, or create another key.',
  ],
});
