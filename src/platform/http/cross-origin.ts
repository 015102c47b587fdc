import type { onRequestHookHandler } from 'fastify';
import type { AllowedOrigins } from './allowed-origins.js';
import { isForwardAuthRequest } from './routes/forward-auth.decorator.js';
import { Problem, type ProblemRow } from '../errors/problem.js';

/** Does not repeat the origin: it is client-supplied text, and browsers show it with the request. */
const UNLISTED =
  'The origin of the preflight is not in CORS_ORIGINS, so browsers do not let its pages call this service. Origins are compared exactly: scheme, host and port, without a path.';

const FOR_ANSWERS = {
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'x-request-id, ratelimit, ratelimit-policy, retry-after, www-authenticate',
};

const FOR_PREFLIGHTS = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, audit-reason, content-type, x-request-id, last-event-id, traceparent, tracestate, baggage, sentry-trace',
  'access-control-max-age': '600',
};

/**
 * Handles CORS for an exact list of origins, with credentials (ASVS 3.4.2, Fetch standard section 3.2). This is our own
 * hook because the framework's runs before every other hook and routes `OPTIONS *`: its responses would be neither
 * recorded nor counted, and OPTIONS requests that are not preflights would not get 405. `Vary` is among the fixed header
 * fields. A preflight from any other origin is refused with `refusal`, whose text explains the cause in the browser's
 * network log.
 */
export function crossOrigin(origins: AllowedOrigins, refusal: ProblemRow): onRequestHookHandler {
  return (request, reply, done) => {
    // The origin of a forward-auth request is that of the forwarded one.
    if (isForwardAuthRequest(request)) return done();
    const { origin } = request.headers;
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (origin === undefined) return done();
    if (!origins.has(origin))
      return done(isPreflight ? new Problem(refusal, { detail: UNLISTED }) : undefined);
    reply.headers({ 'access-control-allow-origin': origin, ...FOR_ANSWERS });
    if (isPreflight) void reply.status(204).headers(FOR_PREFLIGHTS).send();
    else done();
  };
}
