import type { UsedKey } from '../access/principal.js';

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
  /** The API key of the request, added to the details of its events. */
  readonly usedKey?: UsedKey;
}

/** Returns the origin of the service's own actions (startup, schedules) and, with an actor, of operator commands. */
export function internalOrigin(requestId: string, actor?: Actor): Origin {
  return { requestId, ip: null, network: 'internal', userAgent: null, ...(actor && { actor }) };
}
