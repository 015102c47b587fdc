import type { AuditEntry } from './audit-entry.js';

/**
 * Whether the caller of an entry's request had a session or an API key. Of others, the user of the entry is only whom the
 * request was about.
 */
export function isBySignedIn({ sessionId, details }: Pick<AuditEntry, 'sessionId' | 'details'>): boolean {
  return sessionId !== null || details?.['keyId'] !== undefined;
}
