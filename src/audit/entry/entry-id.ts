import { timeOfUuid } from '../../platform/crypto/uuid.js';

/**
 * Returns the time of an entry, which is contained in its id. The id of an entry therefore identifies the month that
 * contains it, even if the entry is missing.
 */
export function timeOfEntry(id: string): Date {
  return timeOfUuid(id);
}
