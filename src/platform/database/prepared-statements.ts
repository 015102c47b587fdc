/** At most this many texts are prepared; further ones are sent unprepared. Each connection keeps its own copy. */
const MAX_STATEMENTS = 100;

const names = new Map<string, string>();

/**
 * Declares a frequent statement whose best plan is the same for all values, such as a search by a primary key. Each
 * connection parses and plans it once, which takes several times as long as running it. Returns the text, which must
 * list its columns: a server refuses a prepared `SELECT *` after a migration has added a column.
 */
export function prepared(text: string): string {
  if (!names.has(text) && names.size < MAX_STATEMENTS) names.set(text, `portcullis_${names.size + 1}`);
  return text;
}

/** Returns the name under which connections keep a statement; undefined if it is not declared as {@link prepared}. */
export function nameOfPrepared(text: string): string | undefined {
  return names.get(text);
}
