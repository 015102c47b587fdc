import type { ProblemOccurrence } from '../platform/errors/problem.js';

/** What a refusal of a token says in its header (RFC 6750 section 3.1): the error is named only to a caller who sent one. */
export const INVALID_TOKEN = {
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
} as const satisfies ProblemOccurrence;
