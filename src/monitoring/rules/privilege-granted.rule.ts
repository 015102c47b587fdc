import { type Rule, ONCE, ofUser } from './rule.js';

/**
 * An account became an auditor or administrator: rare, and a typical next step of an intruder. The evidence names who
 * granted the role: the operator who ran a command, or the id of the administrator; null if the service did it
 * automatically.
 */
export function privilegeGranted(): Rule {
  return {
    name: 'privilege_granted',
    severity: 'warning',
    quietSeconds: null,
    announcesEach: true,
    events: ['privilege_permissions_changed'],
    documentation: {
      trueWhen: 'a role beyond `user` is granted',
      why: 'rare, and worth checking',
    },
    limit: ONCE,
    observe(occurrence) {
      const { entry } = occurrence;
      const granted = entry.details?.granted;
      const privileged = Array.isArray(granted) && granted.some((role) => role !== 'user');
      if (entry.outcome !== 'success' || !privileged) return null;
      // An import grants roles to many accounts, and records it without a user in as many events as it needs.
      const importId = (entry.details?.importId ?? entry.id) as string;
      return ofUser(occurrence) ?? { subject: `import:${importId}`, counts: true };
    },
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({
      granted: details?.granted,
      grantedBy: details?.operator ?? details?.actorId ?? null,
      ...(details?.auditReason !== undefined && { auditReason: details.auditReason }),
    }),
    summary: () => 'An account was granted a privileged role.',
  };
}
