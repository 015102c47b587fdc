import { SetMetadata } from '@nestjs/common';
import type { PolicyName } from './policies/policy.js';

/** Metadata key of a route's additional policies. */
export const RATE_LIMIT_POLICIES = 'portcullis:rate-limit-policies';

/** Metadata key of the body members that identify the subject of a request. */
export const RATE_LIMIT_SUBJECT = 'portcullis:rate-limit-subject';

/** Members of a route's body that provide the keys of policies by account or session. */
export interface SubjectMembers {
  /** The member with the account's e-mail address, the key of policies by `account`. */
  readonly email?: string;
  /** The member with the session's refresh token, the key of policies by `session`; the cookie is used when it is absent. */
  readonly refreshToken?: string;
}

/**
 * Applies these policies to a route in addition to `default` and `address`, which apply to every route. The last argument
 * names the members that provide their keys: `@RateLimit('login', { email: 'email' })`. The start fails if a policy cannot
 * get its key. The decorators of `@nestjs/throttler` work too: `@SkipThrottle({ default: true })` removes a policy,
 * `@Throttle({ default: { limit, ttl } })` changes its numbers for the route, and a name that is not configured defines a
 * policy of the route's own.
 */
export function RateLimit(
  ...declared: readonly [...PolicyName[], PolicyName | SubjectMembers]
): MethodDecorator {
  const names = declared.filter((one) => typeof one === 'string');
  const subject = declared.find((one) => typeof one === 'object') ?? {};
  return (target, key, descriptor) => {
    SetMetadata(RATE_LIMIT_POLICIES, names)(target, key, descriptor);
    SetMetadata(RATE_LIMIT_SUBJECT, subject)(target, key, descriptor);
  };
}
