import { problemTable } from '../errors/problem.js';

/**
 * Errors of single-use secrets. All reasons (wrong, used, replaced, expired, issued for another subject) share one
 * row, so that a response does not reveal which one applies.
 */
export const SecretsErrors = problemTable({
  invalid_link: [
    400,
    'Link not valid',
    'This link is incorrect, has expired, or was already used or replaced. Request a new one.',
  ],
  invalid_code: [
    400,
    'Code not valid',
    'This code is wrong, has expired, or was already used or replaced. Check it or request a new one.',
  ],
});
