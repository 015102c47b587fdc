import { readCallRow } from '../entry/call-row.js';
import { signedJson } from '../entry/signed-json.js';

/** The first character of every JSON line. Rows never start with it, because their first field is an id. */
const JSON_START = '{';

/** Spooled lines by format: rows of calls, each terminated by a line feed, and JSON for everything else. */
export interface SpooledLines {
  readonly rows: Buffer;
  readonly json: string[];
}

/** Separates the formats. Rows without JSON lines in between, nearly all of them, are kept as unparsed bytes. */
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

/**
 * Converts rows to JSON with their existing signatures, to be inserted one by one. Invalid rows are returned
 * unchanged.
 */
export function jsonOfRows(rows: Buffer): string[] {
  return textsOf(rows).map((row) => {
    const read = readCallRow(row);
    return read ? signedJson(read.call, read.signature) : row;
  });
}

function isJson(line: string): boolean {
  return line.startsWith(JSON_START);
}

function textsOf(lines: Buffer): string[] {
  return lines.toString().split('\n').slice(0, -1);
}
