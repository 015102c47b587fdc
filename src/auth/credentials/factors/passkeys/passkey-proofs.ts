import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../../audit/audit.service.js';
import { Clock } from '../../../../platform/clock/clock.js';
import { CommitThenFail, type Transaction } from '../../../../platform/database/transaction-runner.js';
import { Problem } from '../../../../platform/errors/problem.js';
import type { Origin } from '../../../../platform/http/origin.js';
import type { PossessionProof } from '../../../../sessions/proofs.js';
import { AuthErrors } from '../../../auth.errors.js';
import { PasskeyCeremonies, type VerifiedAssertion } from './passkey-ceremonies.js';
import type { Passkey } from './passkey.entity.js';
import { PasskeysRepository } from './passkeys.repository.js';
import type { PasskeyResponse } from './passkey-response.js';
import { PasskeyRows } from './passkey-rows.js';

/** A response to verify. */
export interface SubmittedPasskey {
  /** The token of the challenge, which the caller has checked. */
  readonly challenge: string;
  readonly response: PasskeyResponse;
  readonly requireUserVerification: boolean;
}

/** Makes proofs of the signatures of passkeys. */
@Injectable()
export class PasskeyProofs {
  constructor(
    private readonly passkeys: PasskeysRepository,
    private readonly rows: PasskeyRows,
    private readonly ceremonies: PasskeyCeremonies,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Returns the registered passkey that a response claims to be from; null if there is none. Nothing is verified. */
  async claimedBy({ id, userHandle }: PasskeyResponse): Promise<Passkey | null> {
    const passkey = await this.passkeys.findByCredential(Buffer.from(id, 'base64url'));
    if (!passkey || !this.rows.isAuthentic(passkey)) return null;
    const handle = passkey.userHandle.toString('base64url');
    return userHandle === null || userHandle === handle ? passkey : null;
  }

  /**
   * Returns a proof that stores the use in the transaction that accepts it. Throws `invalid_passkey`; so does the proof, which
   * must come after the one that spends the challenge: a counter that has not risen then means that there is another copy of
   * the key.
   */
  async proofOf(passkey: Passkey, submitted: SubmittedPasskey, origin: Origin): Promise<PossessionProof> {
    const { challenge, response, requireUserVerification } = submitted;
    const verified = await this.ceremonies.verifyAssertion(
      challenge,
      response,
      passkey,
      requireUserVerification,
    );
    if (!verified) throw new Problem(AuthErrors.invalid_passkey);
    return {
      method: 'pop',
      factor: passkey.id,
      userVerified: verified.userVerified,
      stillHolds: async (tx) => {
        await this.use(tx, passkey, verified, origin);
        return true;
      },
    };
  }

  private async use(
    tx: Transaction,
    { id, userId }: Passkey,
    { counter, synced }: VerifiedAssertion,
    origin: Origin,
  ): Promise<void> {
    if (await this.passkeys.use(tx, id, { counter, synced, at: this.clock.now() })) return;
    const problem = new Problem(AuthErrors.invalid_passkey);
    const stored = await this.passkeys.counterOf(tx, id);
    if (stored === null) throw problem;
    await this.audit.record(tx, {
      type: 'authn_passkey_cloned',
      outcome: 'failure',
      reason: problem.row.code,
      userId,
      origin,
      details: { factorId: id, counter, storedCounter: stored },
    });
    throw new CommitThenFail(problem);
  }
}
