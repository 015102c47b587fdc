/** Longest text of any one member, in UTF-16 code units. */
const MAX_TEXT = 512;
/** NUL, which PostgreSQL cannot store, and lone surrogates, which have no UTF-8 form; a pair is no match under `u`. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;
/** Longest list in an entry's details. */
const MAX_ITEMS = 64;

/**
 * A client's text as the trail can keep it and later prove it: bounded, and with U+FFFD in place of what cannot be
 * stored. Everything else stays as it came and is escaped where it is written.
 */
export function storableText(text: string): string {
  const bounded = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  // Nearly every text is storable unchanged, and these two checks cost a tenth of the pattern.
  if (bounded.isWellFormed() && !bounded.includes('\0')) return bounded;
  return bounded.replaceAll(UNSTORABLE, '\uFFFD');
}

/** The details of an event with every text storable, every list bounded and nothing that JSON cannot hold. */
export function storableDetails(details: object): Record<string, unknown> {
  return storable(details) as Record<string, unknown>;
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(storable);
  if (typeof value !== 'object' || value === null) return value ?? null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [storableText(name), storable(member)]));
}
