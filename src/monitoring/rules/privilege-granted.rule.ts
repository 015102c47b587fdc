import { type Rule, ONCE, ofUser } from './rule.js';

/**
 * Somebody became an auditor or administrator: rare, and the step that an intruder takes next. The evidence names who
 * gave the role: the operator of a command, or the id of the administrator; null where the service did it automatically.
 */
export function privilegeGranted(): Rule {
  return {
    name: 'privilege_granted',
    severity: 'warning',
    quietSeconds: null,
    events: ['privilege_permissions_changed'],
    documentation: {
      trueWhen: 'a role beyond `user` is given',
      why: 'rare, and worth a second pair of eyes',
    },
    limit: ONCE,
    observe(occurrence) {
      const { entry } = occurrence;
      const granted = entry.details?.granted;
      const privileged = Array.isArray(granted) && granted.some((role) => role !== 'user');
      return entry.outcome === 'success' && privileged ? ofUser(occurrence) : null;
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
