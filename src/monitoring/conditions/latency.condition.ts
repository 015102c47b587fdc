import type { Environment } from '../../platform/config/environment.js';
import type { CallWatch } from './call-watch.js';
import { type Condition, QUIET_SECONDS } from './condition.js';

/** Minimum number of requests in a tenth of the window; with fewer, the 99th percentile is meaningless. */
const LEAST_CALLS = 10;
/** The same minimum for each of several workers, because they share the requests. */
const LEAST_CALLS_OF_WORKER = 5;

/**
 * True if the p99 latency exceeded the limit throughout the window. Password routes are excluded, because they are
 * slow by design.
 */
export function latency(calls: CallWatch, environment: Environment): Condition {
  const { DETECT_LATENCY_P99_MS: limitMs, DETECT_LATENCY_SECONDS: windowSeconds } = environment;
  const ofWorker = Math.ceil(LEAST_CALLS / environment.WEB_CONCURRENCY);
  const leastCalls = Math.max(LEAST_CALLS_OF_WORKER, ofWorker);
  return {
    name: 'latency',
    severity: 'warning',
    quietSeconds: QUIET_SECONDS,
    subject: 'service',
    forSeconds: 0,
    check() {
      const p99Ms = calls.lowestP99Ms(leastCalls);
      if (p99Ms === null || p99Ms <= limitMs) return null;
      return {
        summary: `For ${windowSeconds} s, one request in a hundred has taken ${Math.round(p99Ms)} ms or longer.`,
        p99Ms: Math.round(p99Ms),
        windowSeconds,
      };
    },
  };
}
