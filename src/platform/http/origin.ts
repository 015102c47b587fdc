/** Where a request comes from, as audit, limits and sessions know it: explicit, never ambient. */
export interface Origin {
  readonly requestId: string;
  /** The client's address in canonical form; null where none is known (an unknown address shares one bucket). */
  readonly ip: string | null;
  /** The address, or its /64 for IPv6: the unit that limits and sessions compare. */
  readonly network: string;
  readonly userAgent: string | null;
}

/** The origin of what the service does by itself: start-up, schedules, the operator's command line. */
export function internalOrigin(requestId: string): Origin {
  return { requestId, ip: null, network: 'internal', userAgent: null };
}
