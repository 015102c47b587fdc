import type { AuditEntry } from '../audit-entry.js';

/** The columns of `audit_calls` in the order of {@link callFields}; then its own: digest, mac and position. */
export const CALL_ROW = `time, id, outcome, reason, user_id, session_id, address, user_agent, request_id, method, route,
  status, duration_ms, digest, mac, position`;

/** What COPY's text format reads as something else. */
const SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * The fields of a canonical entry as COPY's text format has them; null when it is no call, or no entry at all.
 */
export function callFields(canonical: string): string | null {
  const entry = parsed(canonical);
  if (entry?.kind !== 'call') return null;
  const values = [
    entry.time,
    entry.id,
    entry.outcome,
    entry.reason,
    entry.userId,
    entry.sessionId,
    entry.address,
    entry.userAgent,
    entry.requestId,
    entry.method,
    entry.route,
    entry.status,
    entry.durationMs,
  ];
  // JSON escapes with a backslash, too, whatever needs an escape here: without one there is none to look for.
  const write = canonical.includes('\\') ? escaped : String;
  return values.map((value) => (value == null ? '\\N' : write(value))).join('\t');
}

/** A field of bytes that are given in hex. */
export function bytesField(hex: string): string {
  return `\\\\x${hex}`;
}

function escaped(value: string | number): string {
  return String(value).replace(SPECIAL, (character) => ESCAPES[character]!);
}

/** Null where the line is no JSON, such as what a crash of the machine left of one. */
function parsed(line: string): AuditEntry | null {
  try {
    return JSON.parse(line) as AuditEntry | null;
  } catch {
    return null;
  }
}
