import { SetMetadata } from '@nestjs/common';

/** The metadata key that the reason of a slow route is read from. */
export const SLOW = 'portcullis:slow';

/** Why a route takes long by design. */
export type SlowReason = 'password';

/** Marks a route that takes long by design, `password` for one that hashes: what watches response times leaves it out. */
export const Slow = (reason: SlowReason) => SetMetadata(SLOW, reason);
