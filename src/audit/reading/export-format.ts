import type { AuditEntry } from '../audit-entry.js';

/** A format for writing entries as text, chunk by chunk. */
export interface ExportFormat {
  readonly mediaType: string;
  readonly extension: string;
  readonly head: string;
  readonly line: (entry: AuditEntry) => string;
}

/**
 * Characters that JSON leaves unescaped although terminals or line readers interpret them: DEL, C1 controls, U+2028,
 * U+2029.
 */
const UNSAFE_IN_A_LINE = /[\u007f-\u009f\u2028\u2029]/g;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Returns a value as exactly one line of JSON, whatever a client once sent. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSAFE_IN_A_LINE, escaped);
}

/** One JSON object per line. Nothing in an entry can end its line early. */
export const NDJSON: ExportFormat = {
  mediaType: 'application/x-ndjson',
  extension: 'ndjson',
  head: '',
  line: (entry) => `${jsonLine(entry)}\n`,
};

const COLUMNS = [
  'id',
  'time',
  'type',
  'kind',
  'outcome',
  'reason',
  'userId',
  'sessionId',
  'address',
  'userAgent',
  'requestId',
  'method',
  'route',
  'status',
  'durationMs',
  'details',
] as const satisfies (keyof AuditEntry)[];

/** RFC 4180. */
export const CSV: ExportFormat = {
  mediaType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  head: `${COLUMNS.join(',')}\r\n`,
  line: (entry) => `${COLUMNS.map((column) => csvCell(entry[column])).join(',')}\r\n`,
};

/** A cell that a spreadsheet would interpret as a formula is prefixed with an apostrophe (OWASP, CSV Injection). */
function csvCell(value: string | number | object | null): string {
  if (value === null) return '';
  const text =
    typeof value === 'object' ? jsonLine(value) : String(value).replaceAll(UNSAFE_IN_A_LINE, escaped);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
