import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { ATTEMPT_EVENTS } from './login-attempts.js';
import { type Rule, parseLimit } from './rule.js';

/** Many addresses guess the password of one account, which limits per address hardly notice. */
export function distributedGuessing(environment: Environment): Rule {
  return {
    name: 'distributed_guessing',
    severity: 'critical',
    quietSeconds: A_DAY_SECONDS,
    events: ATTEMPT_EVENTS,
    responses: ['block_address'],
    blockedForAccounts: 1,
    documentation: {
      trueWhen: 'failed logins on one account from 10 addresses in 10 min',
      why: 'a person uses two or three addresses a day',
    },
    limit: parseLimit(environment.DETECT_DISTRIBUTED_GUESSING),
    distinct: ['address'],
    observe: ({ attempt }) =>
      attempt?.failed ? { subject: `account:${attempt.account}`, counts: true } : null,
    holds: ({ distinct }, { count }) => distinct.address >= count,
    summary: ({ counted, distinct }, { seconds }) =>
      `${counted} failed logins on one account from ${distinct.address} addresses within ${seconds} s.`,
  };
}
