import type { FastifyReply, FastifyRequest } from 'fastify';
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
 * because the framework's runs before every other hook and routes `OPTIONS *`: its responses would be neither recorded nor
 * counted, and OPTIONS requests that are not preflights would not get 405. `Vary` is among the fixed header fields.
 */
export class CrossOrigin {
  /** @param refusal refuses preflights from other origins; its text explains the cause in the browser's network log */
  constructor(
    private readonly origins: AllowedOrigins,
    private readonly refusal: ProblemRow,
  ) {}

  /** Lets the pages of listed origins read the response. Called before anything refuses the request. */
  allow(request: FastifyRequest, reply: FastifyReply): void {
    if (this.isListed(request))
      reply.headers({ 'access-control-allow-origin': request.headers.origin, ...FOR_ANSWERS });
  }

  /**
   * Whether a request is a preflight from a listed origin. It is not refused, whatever happens to the request that follows:
   * browsers would not tell the page why, whereas the page may read the refusal of the request itself.
   */
  isAllowedPreflight(request: FastifyRequest): boolean {
    return isPreflight(request) && this.isListed(request);
  }

  /** Answers such a preflight. The reply is a promise that is fulfilled once it is sent; no later hook runs then. */
  answerPreflight(reply: FastifyReply): FastifyReply {
    return reply.status(204).headers(FOR_PREFLIGHTS).send();
  }

  /** Throws the refusal for a preflight from an origin that is not listed. */
  requireListed(request: FastifyRequest): void {
    if (isPreflight(request) && !this.isListed(request))
      throw new Problem(this.refusal, { detail: UNLISTED });
  }

  private isListed(request: FastifyRequest): boolean {
    const origin = pageOf(request);
    return origin !== undefined && this.origins.has(origin);
  }
}

/** The origin of the page that sent a request. That of a forward-auth request concerns the forwarded one. */
const pageOf = (request: FastifyRequest) =>
  isForwardAuthRequest(request) ? undefined : request.headers.origin;

const isPreflight = (request: FastifyRequest) =>
  request.method === 'OPTIONS' &&
  request.headers['access-control-request-method'] !== undefined &&
  pageOf(request) !== undefined;
