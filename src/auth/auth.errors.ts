import { problemTable } from '../platform/errors/problem.js';

/** Problems with the credentials of a login. */
export const AuthErrors = problemTable({
  invalid_credentials: [401, 'Invalid credentials', 'The e-mail address or the password is wrong.'],
});
