import { problemTable } from '../platform/errors/problem.js';

/** Problems with the caller's token or permissions. */
export const SessionErrors = problemTable({
  unauthenticated: [401, 'Not signed in', 'This endpoint requires a token, and the request carries none.'],
  invalid_token: [
    401,
    'Invalid token',
    'The token is not acceptable: malformed, forged, expired or issued for another service.',
  ],
  session_ended: [401, 'Session ended', 'The token is genuine, but its session has ended; sign in again.'],
  insufficient_user_authentication: [
    401,
    'Recent proof required',
    'This request requires a recent proof of identity: call POST /auth/step-up with one of `methods`, then try again.',
  ],
  refresh_token_reused: [
    401,
    'Refresh token reused',
    'The refresh token was used before. The session has been ended for all holders of its tokens; sign in again.',
  ],
  factor_enrollment_required: [
    403,
    'Second factor required',
    'This endpoint requires a role that needs a second factor, and the account has none: enrol one in this session, then try again.',
  ],
  forbidden: [403, 'Forbidden', 'The caller is not allowed to do this.'],
  cursor_expired: [
    410,
    'Cursor expired',
    'Revocations after this cursor are no longer kept. Start again without a cursor: the list then contains every revocation that affects an unexpired token.',
  ],
  csrf_rejected: [
    403,
    'Cross-site request refused',
    'The request carries a cookie and no origin, or one that is neither that of PUBLIC_URL nor listed in CORS_ORIGINS.',
  ],
});
