import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { ATTEMPT_EVENTS } from './login-attempts.js';
import { type Rule, parseLimit } from './rule.js';

/** The greatest failure ratio that the rule requires: the factor times the usual ratio may exceed 1. */
const NEARLY_ALL = 0.95;

/**
 * A few guesses on each of many accounts from many addresses, which no limit per account or address can notice. It
 * shows in the failure ratio of the whole service, compared with that of the last 24 h. A fixed ratio would not work,
 * because the users of some services mistype more than those of others.
 */
export function passwordSpraying(environment: Environment): Rule {
  const leastRatio = Number(environment.DETECT_PASSWORD_SPRAYING_RATIO);
  const factor = environment.DETECT_PASSWORD_SPRAYING_FACTOR;
  const leastAddresses = environment.DETECT_PASSWORD_SPRAYING_ADDRESSES;
  return {
    name: 'password_spraying',
    severity: 'critical',
    quietSeconds: A_DAY_SECONDS,
    events: ATTEMPT_EVENTS,
    responses: ['block_address'],
    blockedForAccounts: 2,
    documentation: {
      trueWhen:
        'failed logins on 50 accounts from 10 addresses in 10 min, failure ratio above 0.5 and at least 3 times that of the last 24 h (more than 0.95 is never required)',
      why: "compared with this service's last day, because no fixed number fits all services",
    },
    limit: parseLimit(environment.DETECT_PASSWORD_SPRAYING),
    distinct: ['account', 'address'],
    observe: ({ attempt }) => attempt && { subject: 'service', counts: attempt.failed },
    holds(figures, { count }) {
      const { counted, seen, distinct } = figures;
      const ratio = counted / seen;
      return (
        distinct.account >= count &&
        distinct.address >= leastAddresses &&
        ratio > leastRatio &&
        ratio >= Math.min(factor * figures.usualFailureRatio, NEARLY_ALL)
      );
    },
    summary: ({ counted, seen, distinct, usualFailureRatio }, { seconds }) =>
      `${counted} of ${seen} logins failed within ${seconds} s, on ${distinct.account} accounts from ` +
      `${distinct.address} addresses; usually ${Math.round(usualFailureRatio * 100)} % fail.`,
  };
}
