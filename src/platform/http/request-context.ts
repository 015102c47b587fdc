import type { FastifyRequest } from 'fastify';
import type { Principal, SessionPrincipal } from '../access/principal.js';
import type { Profile } from '../access/profile.js';
import type { Problem } from '../errors/problem.js';
import type { Origin } from './origin.js';

/**
 * What is known of one request while it passes through the pipeline. Attached in an `onRequest` hook before
 * anything else runs; guards add to it, and the API-call record is written from it.
 */
export interface RequestContext {
  readonly origin: Origin;
  /** `performance.now()` at arrival, milliseconds. */
  readonly startedAt: number;
  /** The matched route's pattern, `/alerts/:id/resolve`; null when nothing matched. */
  route: string | null;
  /** Whether the limits have counted the request, or refused it. */
  admitted: boolean;
  /** When they have counted it, on the clock of their store, milliseconds. */
  countedAt: number;
  /** Set once a current token is verified; its session may still turn out to be over. */
  principal: Principal | null;
  /** Set once an access token is verified, also an expired one: logout ends its session. */
  tokenHolder: SessionPrincipal | null;
  /** Whether that session is known to be over: its token speaks for nobody any more, also not in the limits. */
  sessionIsOver: boolean;
  /** Why the presented access token was not acceptable; null when it was, or when there was none. */
  tokenFault: string | null;
  /** The principal's account, where a copy was at hand. */
  profile: Profile | null;
  /** The session of a refresh token whose authenticity was verified, key of the `refresh` policy. */
  refreshSessionId: string | null;
  /** Keyed digest of the account named in a login's body, key of the `login` policy. */
  emailDigest: string | null;
  /** Why the body could not be read; thrown once the limits have counted the request. */
  bodyFault: Problem | null;
  /** The code of the problem that this request was answered with. */
  problemCode: string | null;
  /** JSON Pointers of the members that were not acceptable. */
  invalidMembers: string[];
}

const CALL = Symbol('portcullis.call');

/** Attaches the call to its request. */
export function attachContext(request: FastifyRequest, context: RequestContext): void {
  (request as unknown as Record<symbol, RequestContext>)[CALL] = context;
}

/** The call of a request; every request has one from its first hook on. */
export function contextOf(request: FastifyRequest): RequestContext {
  const call = (request as unknown as Record<symbol, RequestContext | undefined>)[CALL];
  if (!call) throw new Error('The request has no call: the onRequest hook of app.setup.ts is missing.');
  return call;
}

/** A call of which nothing but its origin is known yet. */
export function newRequestContext(origin: Origin, route: string | null): RequestContext {
  return {
    origin,
    startedAt: performance.now(),
    route,
    admitted: false,
    countedAt: 0,
    principal: null,
    tokenHolder: null,
    sessionIsOver: false,
    tokenFault: null,
    profile: null,
    refreshSessionId: null,
    emailDigest: null,
    bodyFault: null,
    problemCode: null,
    invalidMembers: [],
  };
}

/** The person who calls a route that only people with a session reach. */
export function principalOf(request: FastifyRequest): SessionPrincipal {
  const { principal } = contextOf(request);
  if (principal?.kind !== 'session')
    throw new Error('The route asks for its caller but is not declared @SignedIn() or @RequireRole().');
  return principal;
}
