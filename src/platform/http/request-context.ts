import type { FastifyRequest } from 'fastify';
import type { Principal, SessionPrincipal } from '../access/principal.js';
import type { Profile } from '../access/profile.js';
import type { ForwardAuth } from '../access/forward-auth.js';
import type { Problem } from '../errors/problem.js';
import type { Form } from './bodies/form-body.js';
import type { Origin } from './origin.js';

/** A request that the rate limits have decided about. */
export interface CountedRequest {
  /**
   * Takes its count back in the policies that are exact, because another count refused it later. Such a request extends no
   * wait, so the first request after `Retry-After` is admitted. The other policies keep the count; otherwise refusals would
   * cost the caller nothing.
   */
  readonly refund: () => Promise<void>;
  /**
   * Takes its count back in the policies that strangers share, because the request is refused for whatever reason. Otherwise
   * requests that nobody carries out would use up a budget that somebody else needs.
   */
  readonly refundShared: () => Promise<void>;
}

/**
 * State of one request on its way through the pipeline. An `onRequest` hook attaches it before anything else runs; guards
 * add to it, and the API-call record is written from it.
 */
export interface RequestContext {
  /** Completed by the authentication guard when the caller uses an API key. */
  origin: Origin;
  /** `performance.now()` at arrival, milliseconds. */
  readonly startedAt: number;
  /** The matched route's pattern, `/alerts/:id/resolve`; null when nothing matched. */
  readonly route: string | null;
  /** Whether that route is operational; see `Operational`. */
  isOperational: boolean;
  /** What a proxy asks by this forward-auth request; null for a request to this service itself. */
  forwardAuth: ForwardAuth | null;
  /** Set once the rate limits have decided about the request, also if they refused it. */
  counted: CountedRequest | null;
  /** Set once a current token is verified; its session may still turn out to have ended. */
  principal: Principal | null;
  /** Set once an access token is verified, even if it has expired: logout ends its session. */
  tokenHolder: SessionPrincipal | null;
  /** Whether that session is known to have ended; its token no longer identifies the caller, not even for rate limits. */
  sessionIsOver: boolean;
  /** Why the access token was rejected; null if it was accepted or there was none. */
  tokenFault: string | null;
  /** Why the caller's key could not be looked up; thrown after the rate limits have counted the request. */
  credentialFault: Problem | null;
  /** The principal's account, if it was cached. */
  profile: Profile | null;
  /** The session of an authentic refresh token, key of the `refresh` policy. */
  refreshSessionId: string | null;
  /** Keyed digest of the e-mail address in the body, key of the policies `login` and `mail`. */
  emailDigest: string | null;
  /** Whether the request is an attempt to sign in to the account with that address, by its password. */
  isLogin: boolean;
  /** Finds the id of the account that has that address; null if the body names none. */
  findNamed: (() => Promise<string | null>) | null;
  /** Whether a cross-site page that is not allowed to do so sent the request: counted by address only, then refused. */
  isCrossSite: boolean;
  /** The bytes of the body, if the route keeps them; see `KeepsRawBody`. */
  rawBody: Buffer | null;
  /** The body of a route that reads forms; empty without one. */
  form: Form;
  /**
   * Why the body, or the credentials of a client in it, could not be read; thrown after the rate limits have counted the
   * request.
   */
  bodyFault: Problem | null;
  /** The person whose account the path names; recorded with the call. */
  subjectId: string | null;
  /** The code of the problem in the response, or `rate_limited` for a preflight that is answered over the limit. */
  problemCode: string | null;
  /** JSON Pointers of the invalid members. */
  invalidMembers: string[];
}

const CALL = Symbol('portcullis.call');

/** Attaches the context to its request. */
export function attachContext(request: FastifyRequest, context: RequestContext): void {
  (request as unknown as Record<symbol, RequestContext>)[CALL] = context;
}

/** Returns the context of a request; it exists from the first hook on. Throws an Error without that hook. */
export function contextOf(request: FastifyRequest): RequestContext {
  const call = (request as unknown as Record<symbol, RequestContext | undefined>)[CALL];
  if (!call) throw new Error('The request has no context: the onRequest hook of app.setup.ts is missing.');
  return call;
}

/** Returns a context that contains nothing but its origin and route. */
export function newRequestContext(
  origin: Origin,
  route: string | null,
  isOperational = false,
): RequestContext {
  return {
    origin,
    startedAt: performance.now(),
    route,
    isOperational,
    forwardAuth: null,
    counted: null,
    principal: null,
    tokenHolder: null,
    sessionIsOver: false,
    tokenFault: null,
    credentialFault: null,
    profile: null,
    subjectId: null,
    refreshSessionId: null,
    emailDigest: null,
    isLogin: false,
    findNamed: null,
    isCrossSite: false,
    form: new Map(),
    rawBody: null,
    bodyFault: null,
    problemCode: null,
    invalidMembers: [],
  };
}

/** Returns the caller of a route that is not public. Throws an Error on any other route. */
export function callerOf(request: FastifyRequest): Principal {
  const { principal } = contextOf(request);
  if (!principal) throw new Error('The route needs its caller but is declared @Public().');
  return principal;
}

/** Returns the caller of a route that requires a session. Throws an Error on any other route. */
export function principalOf(request: FastifyRequest): SessionPrincipal {
  const { principal } = contextOf(request);
  if (principal?.kind !== 'session')
    throw new Error('The route needs its caller but is declared @Public() or @Scope().');
  return principal;
}
