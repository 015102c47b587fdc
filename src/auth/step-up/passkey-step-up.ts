import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { PossessionProof } from '../../sessions/proofs.js';
import { SessionStepUp } from '../../sessions/recent/session-step-up.js';
import { AuthErrors } from '../auth.errors.js';
import { PasskeyProofs } from '../credentials/factors/passkeys/passkey-proofs.js';
import type { PasskeyResponse } from '../credentials/factors/passkeys/passkey-response.js';
import { PasskeyFailureRecorder } from '../sign-in/passkey-failure-recorder.js';
import { StepUpChallenges } from '../credentials/factors/passkeys/step-up-challenges.js';

/** The response of a passkey to the challenge of a step-up. */
export interface PasskeyAnswer {
  readonly challenge: string;
  readonly response: PasskeyResponse;
}

interface JudgedAnswer extends PasskeyAnswer {
  /** Whether the passkey is enough only if it has verified its user. */
  readonly requiresUserVerification: boolean;
}

/** Verifies passkeys as step-up proofs. A forged response is no guess, so nothing is counted but the challenge's attempts. */
@Injectable()
export class PasskeyStepUp {
  constructor(
    private readonly challenges: StepUpChallenges,
    private readonly proofs: PasskeyProofs,
    private readonly recorder: PasskeyFailureRecorder,
    private readonly steps: SessionStepUp,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Throws `invalid_challenge`, `invalid_passkey` and `session_ended`. */
  async prove(principal: SessionPrincipal, answer: JudgedAnswer, origin: Origin): Promise<IssuedSession> {
    const { userId, sessionId } = principal;
    return this.recorder.recordFailures({ userId, sessionId }, origin, async () => {
      await this.challenges.attempt(answer.challenge, principal);
      const proof = await this.proofOf(principal, answer, origin);
      const emailDigest = await this.recorder.accountOf(userId);
      const request = { principal, proofs: [proof] as const, emailDigest };
      const issued = await this.transactions.run((tx) => this.steps.stepUp(tx, request, origin));
      if (!issued) throw new Problem(AuthErrors.invalid_passkey);
      return issued;
    });
  }

  private async proofOf(
    principal: SessionPrincipal,
    { challenge, response, requiresUserVerification }: JudgedAnswer,
    origin: Origin,
  ): Promise<PossessionProof> {
    const passkey = await this.proofs.claimedBy(response);
    if (passkey?.userId !== principal.userId) throw new Problem(AuthErrors.invalid_passkey);
    const submitted = { challenge, response, requireUserVerification: requiresUserVerification };
    const proof = await this.proofs.proofOf(passkey, submitted, origin);
    return {
      ...proof,
      stillHolds: async (tx) => {
        await this.challenges.spend(tx, challenge, principal);
        return proof.stillHolds(tx);
      },
    };
  }
}
