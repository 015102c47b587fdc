import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { PossessionProof } from '../../sessions/proofs.js';
import { SessionIssuer, type SessionRequest } from '../../sessions/issuing/session-issuer.js';
import { AuthErrors } from '../auth.errors.js';
import { PasskeyProofs } from '../credentials/factors/passkeys/passkey-proofs.js';
import type { PasskeyResponse } from '../credentials/factors/passkeys/passkey-response.js';
import { PasskeySignInChallenges } from './passkey-sign-in-challenges.js';
import { type PasskeyHolder, PasskeyFailureRecorder } from './passkey-failure-recorder.js';

/** A sign-in without a password, not verified yet. */
export interface PasskeySignIn {
  readonly challenge: string;
  readonly response: PasskeyResponse;
  readonly deviceToken: string | null;
}

/** Signs in with a passkey alone. The authenticator must have verified its user, which makes two factors of one. */
@Injectable()
export class PasskeySignInService {
  constructor(
    private readonly challenges: PasskeySignInChallenges,
    private readonly proofs: PasskeyProofs,
    private readonly recorder: PasskeyFailureRecorder,
    private readonly devices: SessionDevices,
    private readonly issuer: SessionIssuer,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Throws `invalid_challenge`, `invalid_passkey`, and what the conditions of the issuer throw. */
  async signIn(login: PasskeySignIn, origin: Origin): Promise<IssuedSession> {
    const holder: PasskeyHolder = { userId: null, sessionId: null };
    return this.recorder.recordFailures(holder, origin, async () => {
      await this.challenges.attempt(login.challenge, origin);
      const request = await this.verify(login, holder, origin);
      const outcome = await this.transactions.run(async (tx) => {
        const issuing = await this.issuer.issue(tx, request, origin);
        // Rolls back, so that the challenge can be used once the condition is met.
        if (issuing.kind === 'unmet') throw new Problem(issuing.problem);
        return issuing;
      });
      if (outcome.kind === 'outdated') throw new Problem(AuthErrors.invalid_passkey);
      return outcome.issued;
    });
  }

  private async verify(
    { challenge, response, deviceToken }: PasskeySignIn,
    holder: PasskeyHolder,
    origin: Origin,
  ): Promise<SessionRequest> {
    const passkey = await this.proofs.claimedBy(response);
    if (!passkey) throw new Problem(AuthErrors.invalid_passkey);
    const { userId } = passkey;
    holder.userId = userId;
    const submitted = { challenge, response, requireUserVerification: true };
    const proof = await this.proofs.proofOf(passkey, submitted, origin);
    const emailDigest = await this.recorder.accountOf(userId);
    const { deviceId, isKnown: isKnownDevice } = await this.devices.present(deviceToken, userId);
    return {
      userId,
      emailDigest,
      proofs: [this.spending(challenge, proof, origin)],
      deviceId,
      isKnownDevice,
    };
  }

  /** The challenge is used up together with the session, or neither is. */
  private spending(challenge: string, proof: PossessionProof, origin: Origin): PossessionProof {
    return {
      ...proof,
      stillHolds: async (tx) => {
        await this.challenges.spend(tx, challenge, origin);
        return proof.stillHolds(tx);
      },
    };
  }
}
