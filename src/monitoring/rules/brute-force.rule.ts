import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { ATTEMPT_EVENTS } from './login-attempts.js';
import { type Rule, parseLimit } from './rule.js';

/** Somebody tries one password after another on one account from one address. */
export function bruteForce(environment: Environment): Rule {
  return {
    name: 'brute_force',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    events: ATTEMPT_EVENTS,
    responses: ['block_address'],
    blockedForAccounts: 1,
    documentation: {
      trueWhen: '10 failed logins on one account from one address in 10 min',
      why: 'people give up, or reset the password, after three to five attempts',
    },
    limit: parseLimit(environment.DETECT_BRUTE_FORCE),
    observe({ attempt, address }) {
      if (!attempt?.failed || address === null) return null;
      return { subject: `account:${attempt.account} address:${address}`, counts: true };
    },
    holds: ({ counted }, { count }) => counted >= count,
    summary: ({ counted }, { seconds }) =>
      `${counted} failed logins on one account from one address within ${seconds} s.`,
  };
}
