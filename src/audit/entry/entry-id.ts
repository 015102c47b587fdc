import { timeOfUuid } from '../../platform/crypto/uuid.js';

/**
 * The time of an entry is the one in its id: an id alone leads to the month that holds the entry, and says which month
 * a missing one was in.
 */
export function timeOfEntry(id: string): Date {
  return timeOfUuid(id);
}
