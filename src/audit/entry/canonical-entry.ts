import { hash } from 'node:crypto';
import type { AuditEntry } from '../audit-entry.js';

/**
 * Returns the text by which an entry of format 1 is authenticated and sealed: the entry as returned by `GET /audit/events`, in
 * the JSON Canonicalization Scheme (RFC 8785), with sorted members, no white space, and ECMAScript's numbers and
 * escapes. Two texts are equal if and only if the entries are, and the text can be reproduced in any language.
 */
export function canonicalEntry(entry: AuditEntry): string {
  // The members are listed in sorted order, which is five times as fast as sorting them for each of a million entries.
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

/** Returns the details of an entry with sorted members, for a text that lists the entry's other members itself. */
export function canonicalDetails(details: AuditEntry['details']): unknown {
  return sortedMembers(details);
}

/**
 * SHA-256 of a canonical text in hex; the part of an entry that a seal contains. Unkeyed, so that an export can be
 * verified offline.
 */
export function digestOf(canonical: string): string {
  return hash('sha256', canonical, 'hex');
}

/**
 * Canonicalises any JSON value according to RFC 8785, if its strings are well-formed Unicode and no member names are
 * integers.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortedMembers(value));
}

/**
 * Maximum depth of a canonicalised value; what is deeper counts as null. The service writes nothing as deep, but PostgreSQL
 * accepts inserted values whose depth exhausts the stack.
 */
const MAX_DEPTH = 100;

/** Without a comparator, sort() compares UTF-16 code units, as section 3.2.3 requires. */
function sortedMembers(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => sortedMembers(item, depth + 1));
  const names = Object.keys(value).sort();
  return Object.fromEntries(
    names.map((name) => [name, sortedMembers((value as Record<string, unknown>)[name], depth + 1)]),
  );
}
