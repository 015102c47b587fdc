import { SetMetadata } from '@nestjs/common';
import type { PolicyName } from './policies/policy.js';

/** The metadata key that a route's additional policies are read from. */
export const RATE_LIMIT_POLICIES = 'portcullis:rate-limit-policies';

/**
 * Holds a route to these policies beside `default` and `address`, which hold for every route. The decorators of
 * `@nestjs/throttler` work too: `@SkipThrottle({ default: true })` lifts a policy, `@Throttle({ default: { limit,
 * ttl } })` gives the route other numbers, and a name that is not configured gives it a policy of its own.
 */
export const RateLimit = (...names: PolicyName[]) => SetMetadata(RATE_LIMIT_POLICIES, names);
