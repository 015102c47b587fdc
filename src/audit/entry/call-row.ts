import type { AuditEntry } from '../audit-entry.js';

/** The columns of `audit_calls` in the order of {@link callFields}; then what is not of the entry. */
export const CALL_ROW = `address, duration_ms, id, method, outcome, reason, request_id, route, session_id, status, time,
  user_agent, user_id, digest, mac, position`;

/** Where there is no escape in a JSON text, there is nothing that COPY would need one for either. */
const PLAIN = String.raw`(?:null|"([^"\\\0-\x1f]*)")`;

/**
 * A canonical entry of a call whose texts are as plain as nearly all of them: it has its fields in the order of the
 * columns, and finding them costs a third of what making objects of them does.
 */
const PLAIN_CALL = new RegExp(
  `^{"address":${PLAIN},"details":null,"durationMs":([\\d.e-]+),"id":${PLAIN},"kind":"call","method":${PLAIN},` +
    `"outcome":${PLAIN},"reason":${PLAIN},"requestId":${PLAIN},"route":${PLAIN},"sessionId":${PLAIN},` +
    `"status":(\\d+),"time":${PLAIN},"type":"api_call","userAgent":${PLAIN},"userId":${PLAIN}}$`,
);

/** What COPY's text format reads as something else. */
const SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** The fields of a canonical entry as COPY's text format has them; null when it is no call, or no entry at all. */
export function callFields(canonical: string): string | null {
  const plain = PLAIN_CALL.exec(canonical);
  if (plain) {
    let fields = plain[1] ?? '\\N';
    for (let at = 2; at < plain.length; at++) fields += `\t${plain[at] ?? '\\N'}`;
    return fields;
  }
  const call = parsed(canonical);
  if (call?.kind !== 'call') return null;
  return [
    call.address,
    call.durationMs,
    call.id,
    call.method,
    call.outcome,
    call.reason,
    call.requestId,
    call.route,
    call.sessionId,
    call.status,
    call.time,
    call.userAgent,
    call.userId,
  ]
    .map(field)
    .join('\t');
}

/** A field of bytes that are given in hex. */
export function bytesField(hex: string): string {
  return `\\\\x${hex}`;
}

function field(value: string | number | null | undefined): string {
  return value == null ? '\\N' : String(value).replace(SPECIAL, (character) => ESCAPES[character]!);
}

/** Null where the line is no JSON, such as what a crash of the machine left of one. */
function parsed(line: string): AuditEntry | null {
  try {
    return JSON.parse(line) as AuditEntry | null;
  } catch {
    return null;
  }
}
