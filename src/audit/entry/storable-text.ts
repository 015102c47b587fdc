/** Maximum length of a text, in UTF-16 code units. */
const MAX_TEXT = 512;
/** The same in details; a reason of an administrator has up to 500 code points. */
const MAX_DETAIL = 1000;
/**
 * NUL, which PostgreSQL cannot store, and lone surrogates, which have no UTF-8 form. With the `u` flag, pairs do not
 * match.
 */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;
/** Maximum length of a list in an entry's details. */
const MAX_ITEMS = 64;

/**
 * Returns a client's text in a form that the trail can store and later verify: truncated, and with U+FFFD in place of
 * characters that cannot be stored. Everything else is kept as it is and escaped where it is output.
 */
export function storableText(text: string, maxLength = MAX_TEXT): string {
  const bounded = text.length > maxLength ? text.slice(0, maxLength) : text;
  // Nearly all texts can be stored unchanged, and these two checks take a tenth of the pattern's time.
  if (bounded.isWellFormed() && !bounded.includes('\0')) return bounded;
  return bounded.replaceAll(UNSTORABLE, '\uFFFD');
}

/**
 * Returns the details of an event with every text storable, every list truncated, and no values that JSON cannot
 * represent.
 */
export function storableDetails(details: object): Record<string, unknown> {
  return storable(details) as Record<string, unknown>;
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value, MAX_DETAIL);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => storable(item));
  if (typeof value !== 'object' || value === null) return value ?? null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [storableText(name), storable(member)]));
}
