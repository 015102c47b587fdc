import { SetMetadata } from '@nestjs/common';

/** Metadata key read by the authorisation guard and by the generator of the OpenAPI document. */
export const RECENT = 'portcullis:recent';

/**
 * Only a caller who authenticated within `STEP_UP_MAX_AGE_SECONDS`, in this session, may call this route. For operations
 * that a borrowed or stolen session must not perform. It is used in addition to the route's access rule.
 */
export const Recent = () => SetMetadata(RECENT, true);
