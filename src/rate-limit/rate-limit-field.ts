import { isSharedByStrangers, type Policy } from './policies/policy.js';
import type { Decision } from './windows/window.js';

/** The decision of one policy. */
export interface Verdict extends Decision {
  readonly policy: Policy;
}

/**
 * Returns `RateLimit` of draft-ietf-httpapi-ratelimit-headers, section 4: the remaining requests of a policy, and the
 * seconds until there are more.
 */
export function rateLimitField(policy: string, remaining: number, seconds: number): string {
  return `"${policy}";r=${remaining};t=${seconds}`;
}

/** Returns the same field for a policy's decision. */
export function verdictField({ policy, remaining, waitMs }: Verdict): string {
  return rateLimitField(policy.name, remaining, Math.ceil(waitMs / 1000));
}

/**
 * Returns the verdict with the least remaining; among several refusals, the one with the longest wait. A budget that
 * strangers share is told only to whom it refuses, since it shows what others asked for (security considerations of the
 * draft). Null when there is no other.
 */
export function tightest(verdicts: readonly Verdict[]): Verdict | null {
  return verdicts
    .filter(({ policy, allowed }) => !allowed || !isSharedByStrangers(policy))
    .reduce<Verdict | null>(
      (found, verdict) => (found && !isTighter(verdict, found) ? found : verdict),
      null,
    );
}

function isTighter(one: Verdict, other: Verdict): boolean {
  if (one.allowed !== other.allowed) return !one.allowed;
  return one.remaining < other.remaining || (one.remaining === other.remaining && one.waitMs > other.waitMs);
}
