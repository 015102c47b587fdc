/**
 * Why a token was not accepted. `invalid_token`: a refresh may help; `session_ended`: only a new login does;
 * `verification_unavailable`: revocations or keys are not known at the moment.
 */
export type VerificationCode =
  | 'unauthenticated'
  | 'invalid_token'
  | 'session_ended'
  | 'forbidden'
  | 'csrf_rejected'
  | 'insufficient_user_authentication'
  | 'verification_unavailable';

/** Thrown for every token that is not accepted. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';

  constructor(
    readonly code: VerificationCode,
    message: string = code,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A token that is malformed, forged, expired or meant for another audience. The cause says which check failed. */
export const invalid = (why: string | Error) =>
  new VerificationError('invalid_token', 'The token is not acceptable.', {
    cause: typeof why === 'string' ? new Error(why) : why,
  });
