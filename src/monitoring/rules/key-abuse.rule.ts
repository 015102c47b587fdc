import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { refusalsIn } from './refusals-in.js';
import { type Rule, parseLimit } from './rule.js';

/** Many places use a key that is refused: it is known to others, or its owner has forgotten where it is in use. */
export function keyAbuse(environment: Environment): Rule {
  const addresses = environment.DETECT_KEY_ABUSE_ADDRESSES;
  return {
    name: 'key_abuse',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_token_invalid', 'authz_fail', 'excess_rate_limit_exceeded'],
    documentation: {
      trueWhen: '20 refused uses of one API key from 5 addresses in 10 min',
      why: 'a job that has missed the end of its key runs in one or two places',
    },
    limit: parseLimit(environment.DETECT_KEY_ABUSE),
    distinct: ['address'],
    observe({ entry }) {
      const { keyId } = entry.details ?? {};
      if (typeof keyId !== 'string') return null;
      return { subject: `key:${keyId}`, counts: true, weight: refusalsIn(entry), value: entry.reason };
    },
    holds: ({ counted, distinct }, { count }) => counted >= count && distinct.address >= addresses,
    evidence: ({ values }, { entry: { details } }) => ({
      reasons: [...new Set(values)],
      serviceAccountId: details?.serviceAccountId ?? null,
    }),
    summary: ({ counted, distinct }, { seconds }) =>
      `${counted} refused uses of one API key from ${distinct.address} addresses within ${seconds} s.`,
  };
}
