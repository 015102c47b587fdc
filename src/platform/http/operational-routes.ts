const OPERATIONAL = /^\/(?:health\/|metrics$|dev\/mailbox$|docs(?:\/|$)|openapi\.json$)/;

/** Whether a matched route serves operation (health, metrics, documentation, caught mails): neither limited nor recorded. */
export function isOperational(route: string | null): boolean {
  return route !== null && OPERATIONAL.test(route);
}
