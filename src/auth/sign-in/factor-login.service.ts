import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { type PresentedDevice, SessionDevices } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { CodeProof, PasswordProof, PossessionProof } from '../../sessions/proofs.js';
import { SessionIssuer } from '../../sessions/issuing/session-issuer.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import type { User } from '../../users/user.entity.js';
import { AuthErrors } from '../auth.errors.js';
import type { CountedGuess } from '../guesses/counted-guesses.js';
import { FactorGuesses } from '../guesses/factor-guesses.js';
import { FactorProofs, type SubmittedFactor } from '../credentials/factors/factor-proofs.js';
import { type PendingLogin, PendingLogins } from './pending-logins.js';

/** Refusals that are not recorded as wrong codes. */
const REFUSALS = [AuthErrors.invalid_challenge, AuthErrors.invalid_passkey];

/** The second half of a login, not verified yet. */
export interface FactorLogin {
  readonly challenge: string;
  readonly factor: SubmittedFactor;
  readonly deviceToken: string | null;
}

/** A login that is complete. */
export interface CompletedLogin {
  readonly issued: IssuedSession;
  /** How the client wanted the tokens in the first half. */
  readonly tokenTransport: TokenTransport;
}

/** Completes logins with a second factor. */
@Injectable()
export class FactorLoginService {
  constructor(
    private readonly logins: PendingLogins,
    private readonly devices: SessionDevices,
    private readonly guesses: FactorGuesses,
    private readonly proofs: FactorProofs,
    private readonly issuer: SessionIssuer,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Throws `invalid_challenge`, `invalid_code`, `invalid_passkey`, `rate_limited`, and what the conditions of the
   * issuer throw.
   */
  async login(login: FactorLogin, origin: Origin): Promise<CompletedLogin> {
    const { challenge, factor, deviceToken } = login;
    const { method } = factor;
    const user = await this.logins.ownerOf(challenge);
    try {
      if (!user) throw new Problem(AuthErrors.invalid_challenge);
      const device = await this.devices.present(deviceToken, user.id);
      const knownDeviceId = device.isKnown ? device.deviceId : null;
      const guess = { user, method, knownDeviceId, sessionId: null };
      return await this.guesses.judge(guess, origin, async (counted) => {
        const held = await this.logins.attempt(challenge, origin);
        const first = { user, challenge, attempt: counted.attempt };
        const proof = await this.proofs.proofOf(factor, first, origin);
        const issued = await this.complete(login, user, deviceOf(device, held), [proof, counted], origin);
        return { issued, tokenTransport: held.tokenTransport };
      });
    } catch (error) {
      if (isProblem(error, ...REFUSALS))
        await this.guesses.recordRefusal({ method, ...(user && { user }) }, error.row.code, origin);
      throw error;
    }
  }

  /** The challenge stands for the password; it is used up together with the factor, or neither is. */
  private async complete(
    { challenge }: FactorLogin,
    user: User,
    device: PresentedDevice,
    [second, { attempt, emailDigest }]: [CodeProof | PossessionProof, CountedGuess],
    origin: Origin,
  ): Promise<IssuedSession> {
    const password: PasswordProof = {
      method: 'pwd',
      attempt,
      stillHolds: async (tx) => {
        await this.logins.spend(tx, challenge, origin);
        return true;
      },
    };
    const request = {
      userId: user.id,
      emailDigest,
      proofs: [password, second] as const,
      deviceId: device.deviceId,
      isKnownDevice: device.isKnown,
    };
    return this.transactions.run(async (tx) => {
      const outcome = await this.issuer.issue(tx, request, origin);
      if (outcome.kind === 'issued') return outcome.issued;
      // Rolls back, so that neither the challenge nor the factor is used up.
      throw new Problem(outcome.kind === 'unmet' ? outcome.problem : AuthErrors.invalid_challenge);
    });
  }
}

/** The device of the first half, unless the second half presents one. */
const deviceOf = (presented: PresentedDevice, { deviceId, isKnownDevice }: PendingLogin): PresentedDevice =>
  presented.deviceId === null ? { deviceId, isKnown: isKnownDevice } : presented;
