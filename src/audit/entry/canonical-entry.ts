import { hash } from 'node:crypto';
import type { AuditEntry } from '../audit-entry.js';

/**
 * The one text under which an entry is authenticated and sealed: the entry as `GET /audit/events` returns it, by the
 * JSON Canonicalization Scheme (RFC 8785): members sorted, no white space, ECMAScript's numbers and escapes. Two texts
 * are equal exactly when the entries are, and any language can make the text again.
 */
export function canonicalEntry(entry: AuditEntry): string {
  // Spelled out in its sorted order: five times as fast as sorting sixteen names for each of a million entries.
  return JSON.stringify({
    address: entry.address,
    details: sortedMembers(entry.details),
    durationMs: entry.durationMs,
    id: entry.id,
    kind: entry.kind,
    method: entry.method,
    outcome: entry.outcome,
    reason: entry.reason,
    requestId: entry.requestId,
    route: entry.route,
    sessionId: entry.sessionId,
    status: entry.status,
    time: entry.time,
    type: entry.type,
    userAgent: entry.userAgent,
    userId: entry.userId,
  });
}

/** SHA-256 of a canonical text, hex: the part of an entry that a seal keeps. Unkeyed, so that an export can be verified offline. */
export function digestOf(canonical: string): string {
  return hash('sha256', canonical, 'hex');
}

/** Any JSON value by RFC 8785, provided that its texts are well-formed Unicode and its members' names no numbers. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortedMembers(value));
}

/** Without a comparator, sort() compares UTF-16 code units, as section 3.2.3 demands. */
function sortedMembers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortedMembers);
  const names = Object.keys(value).sort();
  return Object.fromEntries(
    names.map((name) => [name, sortedMembers((value as Record<string, unknown>)[name])]),
  );
}
