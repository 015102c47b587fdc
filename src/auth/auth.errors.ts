import { problemTable } from '../platform/errors/problem.js';

/** What can be wrong with the proof of who signs in. */
export const AuthErrors = problemTable({
  invalid_credentials: [401, 'Invalid credentials', 'The e-mail address or the password is wrong.'],
});
