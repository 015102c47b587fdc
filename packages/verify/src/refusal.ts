import { randomUUID } from 'node:crypto';
import type { IncomingFields } from './credential.js';
import { ScopeRequired, StepUpRequired } from './requirements.js';
import { type VerificationCode, VerificationError } from './verification-error.js';
import type { Verifier } from './verifier.js';

/** An answer to a request that is refused: a problem as the service writes it (RFC 9457). */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const ROWS: Readonly<Record<VerificationCode, readonly [status: number, title: string, detail: string]>> = {
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
    'Authenticate again, then repeat the request.',
  ],
  forbidden: [403, 'Forbidden', 'The caller is not allowed to do this.'],
  csrf_rejected: [
    403,
    'Cross-site request refused',
    'The request comes from an origin that is not known here.',
  ],
  verification_unavailable: [
    503,
    'Service Unavailable',
    'Tokens cannot be verified at the moment; try again shortly.',
  ],
};

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** The answer to a request whose verification failed, of which `onError` is told; null where something else failed. */
export function refusalOf(error: unknown, request: IncomingFields, verifier: Verifier): Refusal | null {
  if (!(error instanceof VerificationError)) return null;
  const { code } = error;
  const [status, title, detail] = ROWS[code];
  const [given = ''] = request.values('x-request-id');
  const requestId = REQUEST_ID.test(given) ? given : randomUUID();
  const challenge = challengeOf(error, status);
  verifier.onError?.(error, requestId);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(challenge !== null && { 'www-authenticate': challenge }),
      ...(status === 503 && { 'retry-after': '1' }),
    },
    body: { type: typeOf(code, verifier.site), title, status, detail, code, requestId },
  };
}

/** The service's page of errors has every code but the verifier's own one, whose title is therefore that of the status. */
function typeOf(code: VerificationCode, site: string): string {
  return code === 'verification_unavailable' ? 'about:blank' : `${site}/docs/errors#${code}`;
}

function challengeOf(error: VerificationError, status: number): string | null {
  if (error instanceof StepUpRequired) {
    const { acr, maxAgeSeconds } = error;
    const members = [
      'error="insufficient_user_authentication"',
      ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
      ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
    ];
    return `Bearer ${members.join(', ')}`;
  }
  if (error instanceof ScopeRequired)
    return `Bearer error="insufficient_scope"${error.scopes.length > 0 ? `, scope="${error.scopes.join(' ')}"` : ''}`;
  if (status !== 401) return null;
  return error.code === 'unauthenticated' ? 'Bearer' : 'Bearer error="invalid_token"';
}
