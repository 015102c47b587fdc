import type { PasswordHasher } from '../../auth/credentials/passwords/password-hasher.js';
import type { Environment } from '../../platform/config/environment.js';
import { type Condition, QUIET_SECONDS } from './condition.js';

/**
 * True while passwords arrive faster than they can be hashed: logins become slow and are soon refused as
 * `overloaded`.
 */
export function hashQueueSaturated(
  hasher: Pick<PasswordHasher, 'completed' | 'queueLength'>,
  environment: Environment,
): Condition {
  // Nobody waits longer than HASH_MAX_WAIT_MS: beyond it, logins are refused.
  const limitMs = Math.min(environment.DETECT_HASH_WAIT_MS, environment.HASH_MAX_WAIT_MS / 2);
  let lastWaitMs = 0;
  hasher.completed.subscribe(({ waitSeconds }) => {
    lastWaitMs = waitSeconds * 1000;
  });
  return {
    name: 'hash_queue_saturated',
    severity: 'warning',
    quietSeconds: QUIET_SECONDS,
    subject: 'service',
    forSeconds: 10,
    check() {
      const { queueLength } = hasher;
      if (queueLength === 0 || lastWaitMs <= limitMs) return null;
      return {
        summary: `For 10 s, passwords have waited ${Math.round(lastWaitMs)} ms to be hashed; ${queueLength} are waiting.`,
        waitMs: Math.round(lastWaitMs),
        queueLength,
      };
    },
  };
}
