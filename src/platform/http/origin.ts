import type { Principal, UsedKey } from '../access/principal.js';

/**
 * Who acts on another account or on the installation: an operator with a command, by default under the login name of the
 * operating system, or an administrator over HTTP.
 */
export type Actor = ({ readonly actor: 'cli'; readonly operator: string } | { readonly actorId: string }) & {
  /** The reason that they gave. */
  readonly auditReason?: string;
};

/**
 * The person that a request turns out to be about. The record of the request names them as well: without the id, the address
 * of a failed sign-in could not be erased with its person.
 */
export interface RequestSubject {
  /** Null as long as no event was about a person. */
  userId: string | null;
  /**
   * Whether the account is known to have been deleted. Records then name the person by id and contain nothing else about
   * them, because the erasure of the account may be over.
   */
  isDeparted: boolean;
}

/** The origin of a request for audit, rate limits and sessions; passed explicitly, never ambient. */
export interface Origin {
  readonly requestId: string;
  /** The client's address in canonical form; null if unknown (all unknown addresses share one bucket). */
  readonly ip: string | null;
  /** The IPv4 address or the IPv6 /64: the unit that rate limits and sessions compare. */
  readonly network: string;
  readonly userAgent: string | null;
  /** Method and pattern of the matched route, `POST /auth/login`; absent for the service's own actions. */
  readonly endpoint?: string;
  /** Added to the details of every event with this origin. */
  readonly actor?: Actor;
  /** The caller who acts on another account over HTTP, whose rights are checked again in the transaction of the change. */
  readonly caller?: Principal;
  /** The API key of the request, added to the details of its events. */
  readonly usedKey?: UsedKey;
  /** Shared by all copies of the origin; absent for the service's own actions. */
  readonly about?: RequestSubject;
}

/** Returns the origin of the service's own actions (startup, schedules) and, with an actor, of operator commands. */
export function internalOrigin(requestId: string, actor?: Actor): Origin {
  return { requestId, ip: null, network: 'internal', userAgent: null, ...(actor && { actor }) };
}

/** Returns the subject of a request that nothing is known about yet. */
export function unknownSubject(): RequestSubject {
  return { userId: null, isDeparted: false };
}

/** Remembers the person that an event of a request is about. */
export function noteSubject({ about }: Origin, userId: string): void {
  if (about) about.userId = userId;
}

/** Remembers that the account of a request's person has been deleted. */
export function noteDeparted({ about }: Origin): void {
  if (about) about.isDeparted = true;
}
