import type { Principal, UsedKey } from '../access/principal.js';

/**
 * Who acts on another account or on the installation: an operator with a command, by default under the login name of the
 * operating system, or an administrator over HTTP.
 */
export type Actor = ({ readonly actor: 'cli'; readonly operator: string } | { readonly actorId: string }) & {
  /** The reason that they gave. */
  readonly auditReason?: string;
};

/** The origin of a request for audit, rate limits and sessions; passed explicitly, never ambient. */
export interface Origin {
  readonly requestId: string;
  /** The client's address in canonical form; null if unknown (all unknown addresses share one bucket). */
  readonly ip: string | null;
  /** The IPv4 address or the IPv6 /64: the unit that rate limits and sessions compare. */
  readonly network: string;
  readonly userAgent: string | null;
  /** Added to the details of every event with this origin. */
  readonly actor?: Actor;
  /** The caller who acts on another account over HTTP, whose rights are checked again in the transaction of the change. */
  readonly caller?: Principal;
  /** The API key of the request, added to the details of its events. */
  readonly usedKey?: UsedKey;
}

/** Returns the origin of the service's own actions (startup, schedules) and, with an actor, of operator commands. */
export function internalOrigin(requestId: string, actor?: Actor): Origin {
  return { requestId, ip: null, network: 'internal', userAgent: null, ...(actor && { actor }) };
}

const subjects = new WeakMap<Origin, string>();

/**
 * Remembers the person that an event of a request is about, so that the record of the request names them as well: without
 * the id, the address of a failed sign-in could not be erased with its person.
 */
export function noteSubject(origin: Origin, userId: string): void {
  subjects.set(origin, userId);
}

const departed = new WeakSet<Origin>();

/**
 * Remembers that the account of a request's person has been deleted. Its records then name them by id and contain nothing
 * else about them, because the erasure of the account may be over.
 */
export function noteDeparted(origin: Origin): void {
  departed.add(origin);
}

/** Returns whether the account of a request's person is known to have been deleted. */
export function isOfDeparted(origin: Origin): boolean {
  return departed.has(origin);
}

/** Returns the person that the events of a request were about; null if there was none. */
export function subjectOf(origin: Origin): string | null {
  return subjects.get(origin) ?? null;
}
