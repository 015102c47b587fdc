/** Few enough that a statement has room for its parameters (65,535) and keeps its deadline on a busy machine. */
const ROWS_PER_STATEMENT = 500;

/** Yields rows in parts, in order, each for a statement of its own. Yields nothing for none. */
export function* statementParts<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) yield rows.slice(at, at + ROWS_PER_STATEMENT);
}
