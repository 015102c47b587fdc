/** The ways in which an entry can contain a person's members. */
export const SOURCES = ['events about', 'events by', 'calls by'] as const;

/** One of {@link SOURCES}. */
export type Source = (typeof SOURCES)[number];

/** The sources whose entries are about the person, of which the event that states the erasure has the numbers. */
export const COUNTED = ['events about', 'calls by'] as const satisfies readonly Source[];

/** A place in the order of time and id. */
export interface EntryKey {
  readonly time: string;
  readonly id: string;
}

/** Returns the time and the id after which a page begins, as parameters of a statement. */
export function beginningAfter(after: EntryKey | null): [time: string, id: string] {
  return [after?.time ?? '-infinity', after?.id ?? '00000000-0000-0000-0000-000000000000'];
}

/** A place in the entries of a person: a source, and the last entry that was read; null at its beginning. */
export interface ErasurePlace {
  readonly source: Source;
  readonly after: EntryKey | null;
}

/** Numbers of entries by format. Those that are already erased count as neither. */
export interface EntryCounts {
  readonly entries: number;
  readonly format1: number;
}

/** How far an erasure has come, kept with it in the database. */
export interface ErasureProgress {
  readonly place: ErasurePlace;
  /** What was counted up to there, before the event that states it. */
  readonly counted?: EntryCounts;
}

/**
 * Returns the place after a page whose last entry is `last`, or which was the last page of its source; null after the
 * last source.
 */
export function placeAfter(
  { source }: ErasurePlace,
  last: EntryKey | null,
  sources: readonly Source[],
): ErasurePlace | null {
  if (last !== null) return { source, after: { time: last.time, id: last.id } };
  const next = sources[sources.indexOf(source) + 1];
  return next === undefined ? null : { source: next, after: null };
}
