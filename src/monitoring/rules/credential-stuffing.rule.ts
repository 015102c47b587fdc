import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { ATTEMPT_EVENTS } from './login-attempts.js';
import { type Rule, parseLimit } from './rule.js';

/**
 * One address tries leaked credentials on many accounts. The share of failures distinguishes it from an office behind
 * one address, whose users sometimes mistype but then succeed.
 */
export function credentialStuffing(environment: Environment): Rule {
  const leastRatio = Number(environment.DETECT_CREDENTIAL_STUFFING_RATIO);
  return {
    name: 'credential_stuffing',
    severity: 'critical',
    quietSeconds: A_DAY_SECONDS,
    events: ATTEMPT_EVENTS,
    responses: ['block_address'],
    documentation: {
      trueWhen: 'failed logins on 20 accounts from one address in 10 min, 80 % of its attempts failing',
      why: 'users of an office fail too, but mostly succeed',
    },
    limit: parseLimit(environment.DETECT_CREDENTIAL_STUFFING),
    distinct: ['account'],
    observe: ({ attempt, address }) =>
      attempt && address !== null ? { subject: `address:${address}`, counts: attempt.failed } : null,
    holds: ({ counted, seen, distinct }, { count }) =>
      distinct.account >= count && counted >= leastRatio * seen,
    summary: ({ counted, seen, distinct }, { seconds }) =>
      `${counted} of ${seen} logins from one address failed within ${seconds} s, on ${distinct.account} accounts.`,
  };
}
