import { type Rule, ONCE, ofUser } from './rule.js';

/**
 * Somebody became an auditor or administrator: rare, and the step that an intruder takes next. The evidence names who
 * gave the role: the operator of a command, or the id of the administrator; null where the service did it by itself.
 */
export function privilegeGranted(): Rule {
  return {
    name: 'privilege_granted',
    severity: 'warning',
    quietSeconds: null,
    limit: ONCE,
    observe(occurrence) {
      const { entry } = occurrence;
      const granted = entry.details?.granted;
      const privileged = Array.isArray(granted) && granted.some((role) => role !== 'user');
      if (entry.type !== 'privilege_permissions_changed' || entry.outcome !== 'success' || !privileged)
        return null;
      return ofUser(occurrence);
    },
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({
      granted: details?.granted,
      grantedBy: details?.operator ?? details?.actorId ?? null,
      ...(details?.auditReason !== undefined && { auditReason: details.auditReason }),
    }),
    summary: () => 'A role beyond that of a plain user was given to an account.',
  };
}
