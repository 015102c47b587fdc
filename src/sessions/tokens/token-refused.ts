import type { UsedKey } from '../../platform/access/principal.js';

/** Why a bearer token is not acceptable. Only a forged token causes `bad_signature`. */
export type TokenFault =
  | 'malformed'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_claims'
  | 'wrong_client'
  | 'expired'
  | 'revoked'
  | 'owner_disabled';

/** Carries the reason through Passport, which knows only success and failure. */
export class TokenRefused extends Error {
  constructor(
    readonly fault: TokenFault,
    /** The API key that it is, if it is a known one, for the record. */
    readonly usedKey?: UsedKey,
    /** The person whose key it is; the record of the refusal is about them. */
    readonly ownerId: string | null = null,
  ) {
    super(fault);
    this.name = 'TokenRefused';
  }

  /**
   * Returns the reason for a failure that Passport reports, from this service or from jsonwebtoken. Any other error is
   * rethrown.
   */
  static faultOf(reported: unknown): TokenFault {
    if (reported instanceof TokenRefused) return reported.fault;
    if (reported instanceof Error && /^(JsonWebToken|NotBefore)Error$/.test(reported.name)) {
      return reported.message === 'invalid signature' ? 'bad_signature' : 'wrong_claims';
    }
    // A payload that is not JSON, whether or not the signature is genuine; `jws` throws the error of JSON.parse.
    if (reported instanceof SyntaxError) return 'malformed';
    throw reported;
  }
}
