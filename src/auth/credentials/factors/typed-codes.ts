import { Injectable } from '@nestjs/common';
import { Problem } from '../../../platform/errors/problem.js';
import type { Origin } from '../../../platform/http/origin.js';
import { SecretsErrors } from '../../../platform/secrets/secrets.errors.js';
import type { GuessingAttempt } from '../../../rate-limit/guessing/account-guessing.js';
import type { CodeProof } from '../../../sessions/proofs.js';
import type { User } from '../../../users/user.entity.js';
import { RecoveryCodeUse } from './recovery-codes/recovery-code-use.js';
import { TotpCheck } from './totp/totp-check.js';
import type { CodeMethod } from './typed-code.js';

/** A code that somebody typed, and the count of the guess. */
export interface Typed {
  readonly user: User;
  readonly method: CodeMethod;
  readonly code: string;
  readonly attempt: GuessingAttempt;
}

/** Makes proofs of typed codes. */
@Injectable()
export class TypedCodes {
  constructor(
    private readonly totp: TotpCheck,
    private readonly recoveryCodes: RecoveryCodeUse,
  ) {}

  /**
   * Returns a proof whose code is used up in the transaction that accepts it. Throws `invalid_code`; so does the proof, since
   * a transaction that refuses a code must roll back.
   */
  async proofOf({ user, method, code, attempt }: Typed, origin: Origin): Promise<CodeProof> {
    const typed =
      method === 'totp' ? await this.totp.find(user.id, code) : this.recoveryCodes.find(user, code, origin);
    if (!typed) throw new Problem(SecretsErrors.invalid_code);
    return {
      method: 'otp',
      factor: typed.factor,
      attempt,
      stillHolds: async (tx) => {
        if (!(await typed.spend(tx))) throw new Problem(SecretsErrors.invalid_code);
        return true;
      },
    };
  }
}
