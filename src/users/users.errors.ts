import { problemTable } from '../platform/errors/problem.js';

/** What can be wrong with an account. */
export const UsersErrors = problemTable({
  email_taken: [409, 'E-mail address taken', 'There is an account with this e-mail address already.'],
});
