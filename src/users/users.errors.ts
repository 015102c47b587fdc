import { problemTable } from '../platform/errors/problem.js';

/** Errors of accounts. */
export const UsersErrors = problemTable({
  email_taken: [409, 'E-mail address taken', 'An account with this e-mail address already exists.'],
});
