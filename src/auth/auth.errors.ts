import { problemTable } from '../platform/errors/problem.js';

/** Problems with the credentials of a login. */
export const AuthErrors = problemTable({
  invalid_credentials: [401, 'Invalid credentials', 'The e-mail address or the password is wrong.'],
  email_unverified: [
    403,
    'E-mail address not verified',
    'Verify the e-mail address first, with the link in the mail that was just sent to it.',
  ],
  factor_required: [
    401,
    'Second factor required',
    'The password is correct, but the account has a second factor: send it with `challenge.token` to POST /auth/login/factor.',
  ],
  invalid_challenge: [
    400,
    'Challenge not valid',
    'This challenge is invalid, has expired, or was already used. Sign in again from the beginning.',
  ],
  invalid_passkey: [
    400,
    'Passkey not valid',
    'This passkey could not be verified. Use a passkey that is registered for the account and this site.',
  ],
  passkeys_unavailable: [
    503,
    'Passkeys unavailable',
    'Passkeys need a domain, and this service is configured with an IP address.',
  ],
  passkey_taken: [409, 'Passkey registered already', 'This passkey is registered already. Use another one.'],
  too_many_factors: [
    409,
    'Too many factors',
    'The account has as many factors of this kind as it can have. Remove one first.',
  ],
  registration_closed: [403, 'Registration closed', 'Accounts are created by invitation only.'],
});
