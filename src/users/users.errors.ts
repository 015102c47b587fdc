import { problemTable } from '../platform/errors/problem.js';

/** Errors of accounts. */
export const UsersErrors = problemTable({
  last_administrator: [
    409,
    'Last administrator',
    'This is the last administrator who can sign in; make another account an administrator first.',
  ],
  email_taken: [409, 'E-mail address taken', 'An account with this e-mail address already exists.'],
});
