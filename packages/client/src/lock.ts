/** How long a tab waits for the one that refreshes, milliseconds. That one may be frozen. */
const MAX_WAIT_MS = 5000;

interface Locks {
  request<R>(name: string, options: { signal: AbortSignal }, action: () => Promise<R>): Promise<R>;
}

/**
 * Runs an action while no other tab runs one of this name (Web Locks). Waits five seconds at most, and then runs it all the
 * same; the service gives the same tokens to requests that come at once. Where there are no locks, it runs at once.
 */
export async function exclusively<R>(name: string, action: () => Promise<R>): Promise<R> {
  const locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
  if (!locks) return action();
  let hasBegun = false;
  try {
    return await locks.request(name, { signal: AbortSignal.timeout(MAX_WAIT_MS) }, () => {
      hasBegun = true;
      return action();
    });
  } catch (error) {
    if (hasBegun) throw error;
    return action();
  }
}
