/**
 * Who acts on an account that is not theirs, or on the installation: an operator by a command, whose name is that of the
 * operating system unless they gave another one, or an administrator over HTTP.
 */
export type Actor = ({ readonly actor: 'cli'; readonly operator: string } | { readonly actorId: string }) & {
  /** Why, in their words. */
  readonly auditReason?: string;
};

/** Where a request comes from, as audit, limits and sessions know it: explicit, never ambient. */
export interface Origin {
  readonly requestId: string;
  /** The client's address in canonical form; null where none is known (an unknown address shares one bucket). */
  readonly ip: string | null;
  /** The address, or its /64 for IPv6: the unit that limits and sessions compare. */
  readonly network: string;
  readonly userAgent: string | null;
  /** Its members are added to the details of every event of this origin. */
  readonly actor?: Actor;
}

/** The origin of what the service does by itself: start-up, schedules; and, with its actor, of an operator's command. */
export function internalOrigin(requestId: string, actor?: Actor): Origin {
  return { requestId, ip: null, network: 'internal', userAgent: null, ...(actor && { actor }) };
}
