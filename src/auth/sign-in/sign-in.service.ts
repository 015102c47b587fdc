import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import type { PresentedDevice } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { SessionIssuer } from '../../sessions/issuing/session-issuer.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { RefusedSignIns } from './refused-sign-ins.js';
import { HashRenewal } from '../credentials/passwords/hash-renewal.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';

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

/** Issues a session for a verified password. The count of failures, the session and its events commit together. */
@Injectable()
export class SignInService {
  constructor(
    private readonly issuer: SessionIssuer,
    private readonly renewal: HashRenewal,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly refused: RefusedSignIns,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Returns null if the account was disabled or deleted, or its password changed, since the password was verified. Throws
   * `email_unverified`, and `factor_required` with a challenge.
   */
  async signIn(correct: CorrectPassword, origin: Origin): Promise<IssuedSession | null> {
    const { userId, hash, emailDigest, device, attempt } = correct;
    const freshHash = await this.renewal.freshHash(correct.password, hash);
    const renewed = { userId, hash, freshHash };
    const stillHolds = (tx: Transaction) => this.credentials.hasHash(tx, userId, hash);
    const issuing = this.transactions.run(async (tx) => {
      const password = { method: 'pwd' as const, attempt, stillHolds };
      const request = {
        userId,
        emailDigest,
        proofs: [password] as const,
        deviceId: device.deviceId,
        isKnownDevice: device.isKnown,
      };
      const issued = await this.issuer.issue(tx, request, origin);
      if (issued) await this.renewal.renew(tx, renewed);
      return issued;
    });
    return issuing.catch(async (error: unknown) => {
      const kept = await this.renewal.renewAlone(renewed);
      const held = (tx: Transaction) => this.credentials.hasHash(tx, userId, kept);
      return this.refused.follow(error, { ...correct, stillHolds: held }, origin);
    });
  }
}
