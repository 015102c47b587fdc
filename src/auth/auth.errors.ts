import { problemTable } from '../platform/errors/problem.js';

/** What can be wrong with who a caller claims to be, and with what the caller may do. */
export const AuthErrors = problemTable({
  unauthenticated: [401, 'Not signed in', 'This needs a token, and the request carries none.'],
  invalid_token: [
    401,
    'Invalid token',
    'The token is not acceptable: malformed, forged, expired or meant for another service.',
  ],
  session_ended: [401, 'Session ended', 'The token is genuine, but its session is over; sign in again.'],
  refresh_token_reused: [
    401,
    'Refresh token reused',
    'The refresh token was used before. The session has ended for everyone who holds a token of it; sign in again.',
  ],
  invalid_credentials: [401, 'Invalid credentials', 'The e-mail address or the password is wrong.'],
  forbidden: [403, 'Forbidden', 'The caller may not do this.'],
  csrf_rejected: [
    403,
    'Cross-site request refused',
    'The request comes from a site that is not allowed to make it: neither that of PUBLIC_URL nor in CORS_ORIGINS.',
  ],
});
