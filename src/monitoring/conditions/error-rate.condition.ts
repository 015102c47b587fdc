import type { Environment } from '../../platform/config/environment.js';
import { parseLimit } from '../rules/rule.js';
import type { CallWatch } from './call-watch.js';
import { type Condition, QUIET_SECONDS } from './condition.js';

/** At the default ratio, a single 5xx among so many requests is not yet too many. */
const LEAST_OF_WORKER = 40;

/**
 * True while too many responses are 5xx. A minimum number of requests is required, because few make the ratio
 * meaningless. Each worker evaluates its own, so that it requires its share of the number.
 */
export function errorRate(calls: CallWatch, environment: Environment): Condition {
  const limit = parseLimit(environment.DETECT_ERROR_RATE);
  const leastCalls = leastOfWorker(limit?.count ?? 0, environment.WEB_CONCURRENCY);
  const ratio = Number(environment.DETECT_ERROR_RATE_RATIO);
  return {
    name: 'error_rate',
    severity: 'critical',
    quietSeconds: QUIET_SECONDS,
    subject: 'service',
    forSeconds: 0,
    check() {
      const { calls: total, faults } = calls.faults();
      if (!limit || total < leastCalls || faults < ratio * total) return null;
      return {
        summary: `${faults} of ${total} requests within ${limit.seconds} s got a 5xx response.`,
        faults,
        requests: total,
        windowSeconds: limit.seconds,
      };
    },
  };
}

function leastOfWorker(ofAll: number, workers: number): number {
  return Math.min(ofAll, Math.max(LEAST_OF_WORKER, Math.ceil(ofAll / workers)));
}
