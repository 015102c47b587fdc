import { SetMetadata } from '@nestjs/common';

/** What in the body of a public route names the caller, for limits and the record. */
export type CallerClue = 'account' | 'refresh-token';

/** The metadata key that the authentication guard reads the clue from. */
export const IDENTIFIED_BY = 'portcullis:identified-by';

/** Says that this route's body names an account, or carries a refresh token; read before the limits are checked. */
export const IdentifiedBy = (clue: CallerClue) => SetMetadata(IDENTIFIED_BY, clue);
