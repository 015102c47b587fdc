import { SetMetadata } from '@nestjs/common';

/** What in the body of a public route names the caller, for limits and the record. */
export type CallerClue = 'account' | 'refresh-token';

export const IDENTIFIED_BY = 'portcullis:identified-by';

/** Says that this route's body names an account, or carries a refresh token; read before the limits are checked. */
export const IdentifiedBy = (clue: CallerClue) => SetMetadata(IDENTIFIED_BY, clue);
