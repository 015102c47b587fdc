import { SetMetadata } from '@nestjs/common';
import type { PolicyName } from './policies/policy.js';

/** The metadata key that a route's additional policies are read from. */
export const RATE_LIMIT_POLICIES = 'portcullis:rate-limit-policies';

/** The metadata key that the members are read from which name whom a request is about. */
export const RATE_LIMIT_SUBJECT = 'portcullis:rate-limit-subject';

/** Members of a route's body that policies by account or session take their keys from. */
export interface SubjectMembers {
  /** The member with the e-mail address of the account, key of policies by `account`. */
  readonly email?: string;
  /** The member with the refresh token of the session, key of policies by `session`; the cookie stands in for it. */
  readonly refreshToken?: string;
}

/**
 * Holds a route to these policies beside `default` and `address`, which hold for every route; the last argument names the
 * members that their keys are read from: `@RateLimit('login', { email: 'email' })`. A policy that could not get its key
 * stops the start. The decorators of `@nestjs/throttler` work too: `@SkipThrottle({ default: true })` lifts a policy,
 * `@Throttle({ default: { limit, ttl } })` gives the route other numbers, and a name that is not configured gives it a
 * policy of its own.
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
