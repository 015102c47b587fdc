const OPERATIONAL = /^\/(?:health\/|metrics$|docs(?:\/|$)|openapi\.json$)/;

/** Whether a matched route serves operation (health, metrics, documentation): neither limited nor recorded. */
export function isOperational(route: string | null): boolean {
  return route !== null && OPERATIONAL.test(route);
}
