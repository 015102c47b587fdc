/** The end of a line. */
export const LINE_FEED = 0x0a;

/** Returns the number of lines, each ended by a line feed. */
export function linesIn(rows: Buffer): number {
  let lines = 0;
  for (let at = rows.indexOf(LINE_FEED); at !== -1; at = rows.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
