import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import type { PresentedDevice } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { SessionConditionName } from '../../sessions/issuing/session-conditions.js';
import {
  SessionIssuer,
  type SessionRequest,
  type UnmetRequest,
} from '../../sessions/issuing/session-issuer.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { HashRenewal } from '../credentials/passwords/hash-renewal.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { PendingLogins } from './pending-logins.js';
import { UnverifiedSignIns } from './unverified-sign-ins.js';

/** A password that was verified for a user. */
export interface CorrectPassword {
  readonly userId: string;
  readonly password: string;
  /** The hash with which it was compared. */
  readonly hash: string;
  /** Keyed digest of the submitted address. */
  readonly emailDigest: string;
  readonly device: PresentedDevice;
  readonly attempt: GuessingAttempt;
  /** How the client wants the tokens. */
  readonly tokenTransport: TokenTransport;
}

/** What came of a correct password. */
export type SignInOutcome =
  | { readonly kind: 'signed_in'; readonly issued: IssuedSession }
  /**
   * Something is needed besides the password. The problem is not thrown, because what follows from it must be
   * committed.
   */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The account was disabled or deleted, or its password changed, since the password was verified. */
  | { readonly kind: 'outdated' };

/** Decides about logins with a verified password. All that comes of one commits together. */
@Injectable()
export class SignInService {
  constructor(
    private readonly issuer: SessionIssuer,
    private readonly renewal: HashRenewal,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly unverified: UnverifiedSignIns,
    private readonly logins: PendingLogins,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Issues a session, with the count of failures and the events; holds the login if a factor is required; sends the
   * verification mail again if the address is not verified. Renews an outdated hash in each of these cases.
   */
  async signIn(correct: CorrectPassword, origin: Origin): Promise<SignInOutcome> {
    const { userId, hash } = correct;
    const freshHash = await this.renewal.freshHash(correct.password, hash);
    const request = this.requestOf(correct);
    return this.transactions.run(async (tx) => {
      const outcome = await this.issuer.issue(tx, request, origin);
      if (outcome.kind === 'outdated') return outcome;
      await this.renewal.renew(tx, { userId, hash, freshHash });
      if (outcome.kind === 'issued') return { kind: 'signed_in', issued: outcome.issued };
      return { kind: 'refused', problem: await this.refuse(tx, outcome, correct, origin) };
    });
  }

  private async refuse(
    tx: Transaction,
    { condition, problem, user }: UnmetRequest,
    correct: CorrectPassword,
    origin: Origin,
  ): Promise<Problem> {
    const followUps: Record<SessionConditionName, () => Promise<Problem>> = {
      verified_email: async () => {
        await this.unverified.record(tx, user, correct.emailDigest, origin);
        return new Problem(problem);
      },
      second_factor: async () => {
        const challenge = await this.logins.hold(tx, user, heldOf(correct), origin);
        return new Problem(problem, { extensions: { challenge } });
      },
    };
    return followUps[condition]();
  }

  private requestOf({ userId, hash, emailDigest, device, attempt }: CorrectPassword): SessionRequest {
    const stillHolds = (tx: Transaction) => this.credentials.hasHash(tx, userId, hash);
    return {
      userId,
      emailDigest,
      proofs: [{ method: 'pwd', attempt, stillHolds }],
      deviceId: device.deviceId,
      isKnownDevice: device.isKnown,
    };
  }
}

const heldOf = ({ tokenTransport, device }: CorrectPassword) => ({
  tokenTransport,
  deviceId: device.deviceId,
  isKnownDevice: device.isKnown,
});
