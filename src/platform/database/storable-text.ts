/** Maximum length of a text, in UTF-16 code units. */
const MAX_TEXT = 512;
/**
 * NUL, which PostgreSQL cannot store, and lone surrogates, which have no UTF-8 form. With the `u` flag, pairs do not
 * match.
 */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/**
 * Returns the text of a client or another server in a form that PostgreSQL can store, as text and in JSON: truncated, and
 * with U+FFFD in place of characters that cannot be stored. Everything else is kept as it is and escaped where it is
 * output.
 */
export function storableText(text: string, maxLength = MAX_TEXT): string {
  const bounded = text.length > maxLength ? text.slice(0, maxLength) : text;
  // Nearly all texts can be stored unchanged, and these two checks take a tenth of the pattern's time.
  if (bounded.isWellFormed() && !bounded.includes('\0')) return bounded;
  return bounded.replaceAll(UNSTORABLE, '\uFFFD');
}
