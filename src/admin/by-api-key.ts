import type { Origin } from '../platform/http/origin.js';

/** Returns whether a program acts with an API key. */
export function isByApiKey({ usedKey }: Origin): boolean {
  return usedKey !== undefined;
}
