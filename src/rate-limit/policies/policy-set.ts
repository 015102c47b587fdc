import type { Policy } from './policy.js';

/** The policies that apply to a route, and the header field that lists them. */
export class PolicySet {
  /** `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers, section 3. */
  readonly field: string;

  constructor(readonly policies: readonly Policy[]) {
    this.field = policies
      .map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', ');
  }
}
