import { setImmediate as nextTurn } from 'node:timers/promises';

/** Entries made ready in one turn of the event loop: a quarter of a millisecond. */
const SLICE = 32;

/** What `make` makes of each entry, in order; a whole batch at once would keep every request waiting for milliseconds. */
export async function mapInTurns<T>(entries: readonly string[], make: (entry: string) => T): Promise<T[]> {
  const made: T[] = [];
  for (let start = 0; start < entries.length; start += SLICE) {
    if (start > 0) await nextTurn();
    for (const entry of entries.slice(start, start + SLICE)) made.push(make(entry));
  }
  return made;
}
