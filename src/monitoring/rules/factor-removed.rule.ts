import { type Rule, ONCE, ofUser } from './rule.js';

/** An administrator has one second factor less: a typical step of an intruder who wants to keep the account. */
export function factorRemoved(): Rule {
  return {
    name: 'factor_removed',
    severity: 'warning',
    quietSeconds: null,
    announcesEach: true,
    events: ['user_factor_removed'],
    documentation: {
      trueWhen: 'a second factor of an administrator is removed',
      why: 'rare, and worth checking',
    },
    limit: ONCE,
    observe(occurrence) {
      const { outcome, details } = occurrence.entry;
      const roles = details?.roles;
      const isAdministrator = Array.isArray(roles) && roles.includes('admin');
      return outcome === 'success' && isAdministrator ? ofUser(occurrence) : null;
    },
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({ factorsLeft: details?.factors }),
    summary: () => 'A second factor of an administrator was removed.',
  };
}
