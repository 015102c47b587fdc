import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Environment } from '../../platform/config/environment.js';
import { type Condition, QUIET_SECONDS } from './condition.js';

const NANOSECONDS_PER_MS = 1_000_000;

/** True while something blocks the event loop, which delays every request. */
export function eventLoopDelay(environment: Environment): Condition {
  const limitMs = environment.DETECT_EVENT_LOOP_DELAY_MS;
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    name: 'event_loop_delay',
    severity: 'warning',
    quietSeconds: QUIET_SECONDS,
    subject: 'service',
    forSeconds: 10,
    check() {
      const p99Ms = Math.round(delay.percentile(99) / NANOSECONDS_PER_MS);
      delay.reset();
      if (p99Ms <= limitMs) return null;
      return { summary: `The event loop has been delayed by up to ${p99Ms} ms for 10 s.`, p99Ms };
    },
  };
}
