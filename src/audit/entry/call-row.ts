import type { AuditEntry } from '../audit-entry.js';
import { API_CALL, type AuditOutcome } from '../audit-vocabulary.js';
import type { EntrySignature } from './signed-json.js';

/**
 * The columns of `audit_calls` in the order of {@link callRow}, followed by the one that only the inserting
 * transaction knows.
 */
export const CALL_ROW = `id, time, outcome, reason, user_id, session_id, address, user_agent, request_id,
  method, route, status, duration_ms, digest, mac, details, position`;

const NULL = String.raw`\N`;
const BYTES_PREFIX = String.raw`\\x`;
/** Characters that must be escaped in COPY's text format. */
const SPECIAL = /[\\\t\n\r]/;
const EVERY_SPECIAL = new RegExp(SPECIAL, 'g');
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const PLAIN = Object.fromEntries(Object.entries(ESCAPES).map(([plain, escape]) => [escape, plain]));

/**
 * Returns a signed call as a line in COPY's text format, without the last field. The spool stores this form, so that
 * the line need not be parsed or formatted again on its way to PostgreSQL.
 */
export function callRow(call: AuditEntry, { digest, mac }: EntrySignature): string {
  return (
    `${call.id}\t${call.time}\t${call.outcome}\t${field(call.reason)}\t${call.userId ?? NULL}\t` +
    `${call.sessionId ?? NULL}\t${field(call.address)}\t${field(call.userAgent)}\t${field(call.requestId)}\t` +
    `${field(call.method)}\t${field(call.route)}\t${call.status}\t${call.durationMs}\t` +
    `${BYTES_PREFIX}${digest}\t${BYTES_PREFIX}${mac}\t${field(call.details && JSON.stringify(call.details))}`
  );
}

/**
 * Parses the call and signature of a row. Returns null if the line is malformed, for example truncated by a machine
 * crash.
 */
export function readCallRow(row: string): { call: AuditEntry; signature: EntrySignature } | null {
  const fields = row.split('\t').map(text);
  const [id, time, outcome, reason, userId, sessionId, address, userAgent, requestId] = fields;
  // Rows that the previous version has spooled have no details.
  const [method, route, status, durationMs, digest, mac, details = null, ...more] = fields.slice(9);
  if (!id || !time || !outcome || !digest || !mac || more.length > 0) return null;
  const read = readDetails(details);
  if (read === undefined) return null;
  const call: AuditEntry = {
    id,
    time,
    type: API_CALL,
    kind: 'call',
    outcome: outcome as AuditOutcome,
    reason: reason ?? null,
    userId: userId ?? null,
    sessionId: sessionId ?? null,
    address: address ?? null,
    userAgent: userAgent ?? null,
    requestId: requestId ?? null,
    method: method ?? null,
    route: route ?? null,
    status: Number(status),
    durationMs: Number(durationMs),
    details: read,
  };
  return { call, signature: { digest: hexOf(digest), mac: hexOf(mac) } };
}

/** Returns undefined for a text that is not JSON. */
function readDetails(details: string | null): AuditEntry['details'] | undefined {
  try {
    return details === null ? null : (JSON.parse(details) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

function field(value: string | null): string {
  if (value === null) return NULL;
  if (!SPECIAL.test(value)) return value;
  return value.replaceAll(EVERY_SPECIAL, (character) => ESCAPES[character]!);
}

function text(field: string): string | null {
  return field === NULL ? null : field.replaceAll(/\\./g, (escape) => PLAIN[escape] ?? escape);
}

function hexOf(bytes: string): string {
  return bytes.slice(String.raw`\x`.length);
}
