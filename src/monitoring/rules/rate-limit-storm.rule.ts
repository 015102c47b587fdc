import type { AuditEntry } from '../../audit/audit-entry.js';
import { isBySignedIn } from '../../audit/signed-in-caller.js';
import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { BLOCKED } from '../../rate-limit/blocks/blocked-policy.js';
import { refusalsIn } from './refusals-in.js';
import { type Rule, parseLimit } from './rule.js';

/** A caller keeps exceeding its limits: an attack, or a client that ignores `Retry-After`. */
export function rateLimitStorm(environment: Environment): Rule {
  return {
    name: 'rate_limit_storm',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    events: ['excess_rate_limit_exceeded'],
    responses: ['block_address'],
    documentation: {
      trueWhen: '100 refused requests from one caller in 1 min',
      why: 'a client that obeys `Retry-After` causes only one',
    },
    limit: parseLimit(environment.DETECT_RATE_LIMIT_STORM),
    observe({ entry, address }) {
      if (isOfBlock(entry)) return null;
      const weight = refusalsIn(entry);
      if (isByUser(entry)) return { subject: `user:${entry.userId}`, counts: true, weight };
      return address === null ? null : { subject: `address:${address}`, counts: true, weight };
    },
    holds: ({ counted }, { count }) => counted >= count,
    // Policies of the gateway begin with the name of their rule.
    evidence: (_figures, { entry: { details } }) => ({ policies: details?.policies }),
    summary: ({ counted }, { seconds }) =>
      `${counted} requests from one caller were refused within ${seconds} s.`,
  };
}

/**
 * Whether only a block refused the requests. Counted, they would raise the alert whose response is the block, and so block the
 * address again and again.
 */
function isOfBlock(entry: AuditEntry): boolean {
  const policies = policiesOf(entry);
  return policies.length > 0 && policies.every((policy) => policy === BLOCKED);
}

/** Whether the user of an entry was the caller: signed in, or refused a code after the right password. */
function isByUser(entry: AuditEntry): boolean {
  if (entry.userId === null) return false;
  return isBySignedIn(entry) || policiesOf(entry).includes('factor');
}

function policiesOf({ details }: AuditEntry): readonly unknown[] {
  return Array.isArray(details?.policies) ? details.policies : [];
}
