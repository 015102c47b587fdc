import type { Environment } from '../../platform/config/environment.js';
import { parseLimit } from '../rules/rule.js';
import type { CallWatch } from './call-watch.js';
import { type Condition, QUIET_SECONDS } from './condition.js';

/**
 * True while too many responses are 5xx. A minimum number of requests is required, because few make the ratio
 * meaningless.
 */
export function errorRate(calls: CallWatch, environment: Environment): Condition {
  const limit = parseLimit(environment.DETECT_ERROR_RATE);
  const ratio = Number(environment.DETECT_ERROR_RATE_RATIO);
  return {
    name: 'error_rate',
    severity: 'critical',
    quietSeconds: QUIET_SECONDS,
    subject: 'service',
    forSeconds: 0,
    check() {
      const { calls: total, faults } = calls.faults();
      if (!limit || total < limit.count || faults < ratio * total) return null;
      return {
        summary: `${faults} of ${total} requests within ${limit.seconds} s got a 5xx response.`,
        faults,
        requests: total,
        windowSeconds: limit.seconds,
      };
    },
  };
}
