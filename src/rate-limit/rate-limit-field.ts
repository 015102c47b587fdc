import type { Policy } from './policies/policy.js';
import type { Decision } from './windows/window.js';

/** What one policy decided. */
export interface Verdict extends Decision {
  readonly policy: Policy;
}

/**
 * `RateLimit` of draft-ietf-httpapi-ratelimit-headers, section 4: what is left of a policy, and the seconds until
 * there is more. Of the caller's own budget only: its key is never one that a caller could name for another.
 */
export function rateLimitField(policy: string, remaining: number, seconds: number): string {
  return `"${policy}";r=${remaining};t=${seconds}`;
}

/** The same of a policy that has decided. */
export function verdictField({ policy, remaining, waitMs }: Verdict): string {
  return rateLimitField(policy.name, remaining, Math.ceil(waitMs / 1000));
}

/** The verdict with the least left; of several that refuse, the one that refuses longest. */
export function tightest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((found, verdict) => (isTighter(verdict, found) ? verdict : found));
}

function isTighter(one: Verdict, other: Verdict): boolean {
  if (one.allowed !== other.allowed) return !one.allowed;
  return one.remaining < other.remaining || (one.remaining === other.remaining && one.waitMs > other.waitMs);
}
