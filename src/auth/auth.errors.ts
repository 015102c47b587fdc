import { problemTable } from '../platform/errors/problem.js';

/** Problems with the credentials of a login. */
export const AuthErrors = problemTable({
  invalid_credentials: [401, 'Invalid credentials', 'The e-mail address or the password is wrong.'],
  email_unverified: [
    403,
    'E-mail address not verified',
    'Verify the e-mail address first, with the link in the mail that was just sent to it.',
  ],
  registration_closed: [403, 'Registration closed', 'Accounts are created by invitation only.'],
});
