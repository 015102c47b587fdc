import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { refusalsIn } from './refusals-in.js';
import { type Rule, ofUser, parseLimit } from './rule.js';

/**
 * Somebody who knows the password of an account, or has one of its sessions, tries codes of its second factor. Refused
 * attempts count like evaluated ones, because the limit must not also hide the guessing.
 */
export function factorGuessing(environment: Environment): Rule {
  return {
    name: 'factor_guessing',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_factor_fail', 'excess_rate_limit_exceeded'],
    documentation: {
      trueWhen: '10 wrong codes of a second factor on one account in 10 min',
      why: 'whoever gets this far knows the password, or has a session',
    },
    limit: parseLimit(environment.DETECT_FACTOR_GUESSING),
    observe(occurrence) {
      const { entry } = occurrence;
      const user = ofUser(occurrence);
      if (entry.type === 'authn_factor_fail') return entry.reason === 'invalid_code' ? user : null;
      const policies = entry.details?.policies;
      const byFactor = Array.isArray(policies) && policies.includes('factor');
      return user && byFactor ? { ...user, weight: refusalsIn(entry) } : null;
    },
    holds: ({ counted }, { count }) => counted >= count,
    summary: ({ counted }, { seconds }) =>
      `${counted} wrong codes of a second factor on one account within ${seconds} s.`,
  };
}
