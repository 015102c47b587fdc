import { problemTable } from '../platform/errors/problem.js';

/** Registered by draft-ietf-httpapi-ratelimit-headers, section 5.1, with its member `violated-policies`. */
const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

/** What a caller is told who has had enough: the same whichever policy refuses. */
export const RateLimitErrors = problemTable({
  rate_limited: [
    429,
    'Too many requests',
    'A limit is reached; the request passes again after the seconds in Retry-After.',
    QUOTA_EXCEEDED,
  ],
});
