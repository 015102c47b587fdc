/** Returns the text above the routes, with links that begin with the path of the service. */
export const descriptionOf = (
  base: string,
) => `Sign in once and get an access token that your API can verify offline. The service rejects it within one second of logout.

**Try it out here:** execute *POST /auth/register*, then *POST /auth/login*. With \`"tokenTransport": "cookie"\` the browser
keeps both tokens and the other routes work at once; with \`"body"\`, copy \`accessToken\` into *Authorize*. The routes under *audit*, *monitoring*, *administration* and *service accounts* require a role, which an operator can grant:
\`npm run admin -- users roles ada@example.com admin\`. *GET /audit/stream* never ends, so this page cannot show it: use \`curl -N\`.

Passkeys can be tried on [a page of their own](${base}/docs/passkey).

Errors are \`application/problem+json\` (RFC 9457), except those of *oauth* and of *GET /health/ready*. Programs should rely on \`code\`; see [all codes](${base}/docs/errors).
Every response, errors included, carries \`X-Request-Id\` and, except under *operation* and for this documentation, the rate limits in \`RateLimit\` and \`RateLimit-Policy\`. This document is also available as [OpenAPI 3.1](${base}/openapi.json).`;

/** The groups of routes, in the order of the document, and what each of them is about. */
export const TAGS: readonly (readonly [name: string, purpose: string])[] = [
  [
    'auth',
    'Registration, login, token refresh, logout; invitations, forgotten passwords, verification of addresses, step-up, lost factors.',
  ],
  ['users', 'The signed-in account.'],
  ['api keys', 'Keys with which programs call.'],
  ['service accounts', 'Accounts of programs.'],
  ['oauth', 'Access tokens of service accounts (OAuth 2.0). Forms instead of JSON, errors as in RFC 6749.'],
  ['administration', 'The accounts of other people, for administrators.'],
  ['keys', 'What verifies access tokens offline: public keys, and the list of revocations.'],
  ['rate limits', 'The rate limits of this service.'],
  ['audit', 'The audit trail, and proof that it was not altered.'],
  ['gateway', 'Forward-auth requests of proxies, about requests to applications behind them.'],
  ['monitoring', 'Security alerts and how they were resolved.'],
  ['operation', 'Endpoints for supervisors, load balancers and Prometheus.'],
];
