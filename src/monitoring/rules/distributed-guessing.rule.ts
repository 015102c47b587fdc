import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, parseLimit } from './rule.js';

/** Many addresses guess at one account: per-address limits see little of it. */
export function distributedGuessing(environment: Environment): Rule {
  return {
    name: 'distributed_guessing',
    severity: 'critical',
    quietSeconds: A_DAY_SECONDS,
    limit: parseLimit(environment.DETECT_DISTRIBUTED_GUESSING),
    distinct: ['address'],
    observe: ({ attempt }) =>
      attempt?.failed ? { subject: `account:${attempt.account}`, counts: true } : null,
    holds: ({ distinct }, { count }) => distinct.address >= count,
    summary: ({ counted, distinct }, { seconds }) =>
      `${counted} failed logins on one account from ${distinct.address} addresses within ${seconds} s.`,
  };
}
