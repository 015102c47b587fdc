import { readCallRow } from '../entry/call-row.js';
import { canonicalEntry } from '../entry/canonical-entry.js';
import { signedJson } from '../entry/signed-json.js';

/** A line of JSON begins with it, and a row never, because its first field is an id. */
const JSON_START = '{';

/** Spooled lines by how they are sent: rows of calls, each ended by a line feed, and JSON for all else. */
export interface SpooledLines {
  readonly rows: Buffer;
  readonly json: string[];
}

/** Keeps the rows as they are, bytes that nobody looks at, where nothing lies between them: nearly always. */
export function sortLines(lines: Buffer): SpooledLines {
  if (!lines.includes(`\n${JSON_START}`) && lines[0] !== JSON_START.charCodeAt(0))
    return { rows: lines, json: [] };
  const texts = textsOf(lines);
  const rows = texts.filter((line) => !isJson(line));
  return {
    rows: Buffer.from(rows.map((row) => `${row}\n`).join('')),
    json: texts.filter(isJson),
  };
}

/** Rows as JSON, to be inserted one by one, with the signatures that they have; a line that is no row stays what it is. */
export function jsonOfRows(rows: Buffer): string[] {
  return textsOf(rows).map((row) => {
    const read = readCallRow(row);
    return read ? signedJson(canonicalEntry(read.call), read.signature) : row;
  });
}

function isJson(line: string): boolean {
  return line.startsWith(JSON_START);
}

function textsOf(lines: Buffer): string[] {
  return lines.toString().split('\n').slice(0, -1);
}
