import type { Principal } from '../../platform/access/principal.js';
import type { AuditEntry } from '../audit-entry.js';
import type { AuditEventType } from '../audit-vocabulary.js';

const ENDS_ONE: ReadonlySet<string> = new Set<AuditEventType>([
  'session_logout',
  'authn_token_reuse',
  'session_revoked',
]);
const ENDS_ALL: ReadonlySet<string> = new Set<AuditEventType>([
  'session_revoked',
  'user_disabled',
  'user_deleted',
  'authn_password_change',
  'privilege_permissions_changed',
]);

/**
 * Whether an entry says that the principal's session, or what it may do, is no longer what it was: the trail itself
 * tells who must stop reading it, on whatever instance the session ended.
 */
export function endsSession({ type, sessionId, userId }: AuditEntry, principal: Principal): boolean {
  return (
    (ENDS_ONE.has(type) && sessionId === principal.sessionId) ||
    (ENDS_ALL.has(type) && userId === principal.userId)
  );
}
