import { problemTable } from '../platform/errors/problem.js';

/** Problems with API keys and service accounts. */
export const MachinesErrors = problemTable({
  too_many_keys: [409, 'Too many keys', 'There can be 50 living keys at a time; revoke one of them first.'],
  key_already_rotated: [
    409,
    'Key already rotated',
    'The key has a successor already. Use that one, or create another key.',
  ],
  invalid_signature: [
    401,
    'Invalid signature',
    'Portcullis-Signature is missing, is not the signature of this body, or is older than 300 seconds.',
  ],
});
