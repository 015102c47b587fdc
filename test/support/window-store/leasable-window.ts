import { randomUUID } from 'node:crypto';
import { grainOfPolicy, type Window } from '../../../src/rate-limit/windows/window.js';

/** The length of the windows that {@link windowOf} returns, milliseconds. */
export const WINDOW_MS = 60_000;

/** Returns a window of its own key, which has leases if it is not exact and its limit is 100 or more. */
export function windowOf(limit: number, exact = false): Window {
  return { key: `rl:{${randomUUID()}}`, limit, windowMs: WINDOW_MS, grain: grainOfPolicy({ limit, exact }) };
}
