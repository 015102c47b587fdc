import type { Policy } from './policies/policy.js';
import type { Decision } from './windows/window.js';

/** The decision of one policy. */
export interface Verdict extends Decision {
  readonly policy: Policy;
}

/**
 * Returns `RateLimit` of draft-ietf-httpapi-ratelimit-headers, section 4: the remaining requests of a policy, and the
 * seconds until there are more. It describes the caller's own budget only; no caller can read another's by naming its key.
 */
export function rateLimitField(policy: string, remaining: number, seconds: number): string {
  return `"${policy}";r=${remaining};t=${seconds}`;
}

/** Returns the same field for a policy's decision. */
export function verdictField({ policy, remaining, waitMs }: Verdict): string {
  return rateLimitField(policy.name, remaining, Math.ceil(waitMs / 1000));
}

/** Returns the verdict with the least remaining; among several refusals, the one with the longest wait. */
export function tightest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((found, verdict) => (isTighter(verdict, found) ? verdict : found));
}

function isTighter(one: Verdict, other: Verdict): boolean {
  if (one.allowed !== other.allowed) return !one.allowed;
  return one.remaining < other.remaining || (one.remaining === other.remaining && one.waitMs > other.waitMs);
}
