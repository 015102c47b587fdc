import { problemTable } from '../errors/problem.js';

/**
 * Refusals of single-use secrets. One row for every reason (wrong, used, replaced, expired, made for someone else), so
 * that a response does not tell which of them applies.
 */
export const SecretsErrors = problemTable({
  invalid_link: [400, 'Link not valid', 'This link is not valid or no longer valid. Request a new one.'],
  invalid_code: [
    400,
    'Code not valid',
    'This code is not valid or no longer valid. Check it or request a new one.',
  ],
});
