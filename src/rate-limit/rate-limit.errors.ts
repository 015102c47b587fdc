import { Problem, problemTable } from '../platform/errors/problem.js';

/** Registered by draft-ietf-httpapi-ratelimit-headers, section 5.1, with its member `violated-policies`. */
const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

/** The error of an exhausted quota, the same whichever policy refuses. */
export const RateLimitErrors = problemTable({
  rate_limited: [
    429,
    'Too many requests',
    'Rate limit exceeded; try again after the number of seconds in Retry-After.',
    QUOTA_EXCEEDED,
  ],
});

/** The refusal of a request by limits, which `violated-policies` names. */
export class RateLimited extends Problem {
  /** Whole seconds, at least one. */
  readonly retryAfterSeconds: number;

  constructor(
    readonly policies: readonly [string, ...string[]],
    waitMs: number,
  ) {
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    super(RateLimitErrors.rate_limited, { retryAfterSeconds, extensions: { 'violated-policies': policies } });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
