/**
 * The time of an entry is the 48-bit millisecond timestamp in its UUIDv7 (RFC 9562 section 5.7): an id alone leads
 * to the month that holds the entry, and says which month a missing one was in.
 */
export function timeOfEntry(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
