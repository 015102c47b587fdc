import type { AuditEntry } from '../audit-entry.js';
import { originOwner } from '../entry/personal-members.js';

/** Reasons for which a call in a session was refused because its sender did not prove to be the person. */
const NOT_PROVEN: readonly (string | null)[] = ['invalid_credentials', 'invalid_code'];
/** Successes that prove nothing. */
const ASKED: readonly string[] = ['authn_password_reset_requested', 'authn_factor_required'];
/** The status of public calls that ask for a mail, or whose response must not tell whether an address is taken. */
const ACCEPTED = 202;

/**
 * Whether the origin of an entry about a person is somebody else's, or may be: an administrator's, or that of whoever failed
 * to prove that they are the person. Their address is not the person's to read.
 */
export function isForeignOrigin(entry: AuditEntry, userId: string): boolean {
  if (originOwner(entry) !== userId || ASKED.includes(entry.type)) return true;
  const { outcome, route, sessionId, status, type, reason } = entry;
  if (status === ACCEPTED && sessionId === null && route?.startsWith('/auth/')) return true;
  return (
    outcome === 'failure' && (sessionId === null || type.startsWith('authn_') || NOT_PROVEN.includes(reason))
  );
}

/**
 * Whether the owner's activity leaves out the origin of an event. That of a failed sign-in is shown, because its owner
 * has to tell their own attempts from those of others; whoever merely uses the same address for a registration
 * threatens no account.
 */
export function isHiddenOrigin(entry: AuditEntry, userId: string): boolean {
  return originOwner(entry) !== userId || entry.type === 'user_create_fail';
}
