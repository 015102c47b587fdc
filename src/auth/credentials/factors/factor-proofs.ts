import { Injectable } from '@nestjs/common';
import { Problem } from '../../../platform/errors/problem.js';
import type { Origin } from '../../../platform/http/origin.js';
import type { GuessingAttempt } from '../../../rate-limit/guessing/account-guessing.js';
import type { CodeProof, PossessionProof } from '../../../sessions/proofs.js';
import type { User } from '../../../users/user.entity.js';
import { AuthErrors } from '../../auth.errors.js';
import { PasskeyProofs } from './passkeys/passkey-proofs.js';
import type { PasskeyResponse } from './passkeys/passkey-response.js';
import type { CodeMethod } from './typed-code.js';
import { TypedCodes } from './typed-codes.js';

/** What a client submits to prove a second factor. */
export type SubmittedFactor =
  | { readonly method: CodeMethod; readonly code: string }
  | { readonly method: 'passkey'; readonly response: PasskeyResponse };

/** A login that a factor completes. */
export interface HeldFactor {
  readonly user: User;
  /** The token of the login's challenge. */
  readonly challenge: string;
  readonly attempt: GuessingAttempt;
}

/** Makes proofs of second factors of every kind. */
@Injectable()
export class FactorProofs {
  constructor(
    private readonly codes: TypedCodes,
    private readonly passkeys: PasskeyProofs,
  ) {}

  /** Throws `invalid_code` or `invalid_passkey`; so does the proof, in the transaction that accepts it. */
  async proofOf(
    factor: SubmittedFactor,
    { user, challenge, attempt }: HeldFactor,
    origin: Origin,
  ): Promise<CodeProof | PossessionProof> {
    if (factor.method !== 'passkey') return this.codes.proofOf({ ...factor, user, attempt }, origin);
    const { response } = factor;
    const passkey = await this.passkeys.claimedBy(response);
    if (passkey?.userId !== user.id) throw new Problem(AuthErrors.invalid_passkey);
    const submitted = { challenge, response, requireUserVerification: false };
    return this.passkeys.proofOf(passkey, submitted, origin);
  }
}
