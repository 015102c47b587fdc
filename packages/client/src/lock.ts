import { unlessAborted } from './wire.js';

/** How long a tab waits for the one whose turn it is, milliseconds. That one may be frozen. */
const MAX_WAIT_MS = 5000;

/**
 * The routes, besides the refresh, whose responses set or remove cookies. Of two responses at once, the one that comes last would
 * decide who is signed in.
 */
const EXCLUSIVE: readonly string[] = [
  'POST /auth/login',
  'POST /auth/login/factor',
  'POST /auth/passkey',
  'POST /auth/step-up',
  'POST /auth/logout',
  'DELETE /users/me',
  // It removes them if the session is that of the request.
  'DELETE /users/me/sessions/{id}',
];

interface Locks {
  request<R>(name: string, options: { signal: AbortSignal }, action: () => Promise<R>): Promise<R>;
}

/** Whether a request in the cookie transport must not be sent during another one like it, or during a refresh. */
export function isExclusive(method: string, path: string): boolean {
  return EXCLUSIVE.includes(`${method} ${path}`);
}

/** Actions of one queue run one after the other: in all tabs if it is a name, in this page or process if it is an object. */
export type Queue = string | object;

/** The last action of each queue that has no lock. That of an object is forgotten with the object. */
const turns = {
  ofNames: new Map<string, Promise<unknown>>(),
  ofObjects: new WeakMap<object, Promise<unknown>>(),
};

/**
 * Runs an action while no other one of this queue runs; for a name, in no other tab either (Web Locks). Waits five seconds at
 * most, and not beyond an abort of `given`, and then runs it all the same; the service gives the same tokens to requests that
 * come at once. Where there are no locks, it waits only for this page or process.
 */
export async function exclusively<R>(
  queue: Queue,
  action: () => Promise<R>,
  given?: AbortSignal,
): Promise<R> {
  const signal = AbortSignal.any([AbortSignal.timeout(MAX_WAIT_MS), ...(given ? [given] : [])]);
  const locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
  if (typeof queue !== 'string' || !locks) return inTurn(queue, action, signal);
  let hasBegun = false;
  try {
    return await locks.request(queue, { signal }, () => {
      hasBegun = true;
      return action();
    });
  } catch (error) {
    if (hasBegun) throw error;
    return action();
  }
}

function inTurn<R>(queue: Queue, action: () => Promise<R>, signal: AbortSignal): Promise<R> {
  const last = typeof queue === 'string' ? turns.ofNames.get(queue) : turns.ofObjects.get(queue);
  const turn = unlessAborted(last ?? Promise.resolve(), signal)
    .catch(() => undefined)
    .then(action);
  const end = turn.catch(() => undefined);
  if (typeof queue === 'string') turns.ofNames.set(queue, end);
  else turns.ofObjects.set(queue, end);
  return turn;
}
