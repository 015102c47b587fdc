import { SetMetadata } from '@nestjs/common';

/** The metadata key that the authorisation guard reads from, and the generator of the OpenAPI document. */
export const RECENT = 'portcullis:recent';

/**
 * Only a caller who has proven who they are within `STEP_UP_MAX_AGE_SECONDS`, in this very session, may call this route:
 * for what a borrowed or stolen session must not do. Stands beside the route's access rule and takes nothing from it.
 */
export const Recent = () => SetMetadata(RECENT, true);
