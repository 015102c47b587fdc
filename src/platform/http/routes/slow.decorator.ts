import { SetMetadata } from '@nestjs/common';

/** Metadata key of the reason why a route is slow. */
export const SLOW = 'portcullis:slow';

/** Why a route is slow by design. */
export type SlowReason = 'password' | 'waiting';

/**
 * Marks a route as slow by design: `password` if it hashes one, `waiting` if it waits for news. Monitoring of response
 * times ignores it.
 */
export const Slow = (reason: SlowReason) => SetMetadata(SLOW, reason);
