import type { PasswordHasher } from '../../auth/credentials/passwords/password-hasher.js';
import type { Environment } from '../../platform/config/environment.js';
import { type Condition, QUIET_SECONDS } from './condition.js';

/**
 * True while passwords arrive faster than they can be hashed: logins become slow, or are refused as `overloaded`. Where a hash
 * takes much of `HASH_MAX_WAIT_MS`, none waits long before others are refused.
 */
export function hashQueueSaturated(
  hasher: Pick<PasswordHasher, 'completed' | 'queueLength' | 'refusals'>,
  environment: Environment,
): Condition {
  // Every hash is ready within HASH_MAX_WAIT_MS: logins whose hashes would not be are refused.
  const limitMs = Math.min(environment.DETECT_HASH_WAIT_MS, environment.HASH_MAX_WAIT_MS / 2);
  let lastWaitMs = 0;
  let knownRefusals = hasher.refusals;
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
      const { queueLength, refusals } = hasher;
      const refused = refusals - knownRefusals;
      knownRefusals = refusals;
      if (refused === 0 && (queueLength === 0 || lastWaitMs <= limitMs)) return null;
      const waitMs = Math.round(lastWaitMs);
      return {
        summary: `For 10 s, passwords have waited ${waitMs} ms to be hashed; ${queueLength} are waiting, and ${refused} were refused in the last second.`,
        waitMs,
        queueLength,
        refused,
      };
    },
  };
}
