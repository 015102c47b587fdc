import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import type { PresentedDevice } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { SessionIssuer } from '../../sessions/session-issuer.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { RefusedSignIns } from './refused-sign-ins.js';
import { PasswordCredentials } from '../credentials/passwords/password-credentials.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';

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
    private readonly passwords: PasswordCredentials,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly refused: RefusedSignIns,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Returns null if the account was disabled or deleted, or its password changed, since the password was verified. Throws
   * `email_unverified`, and `factor_required` with a challenge.
   */
  async signIn(correct: CorrectPassword, origin: Origin): Promise<IssuedSession | null> {
    const { userId, hash, emailDigest, device, attempt } = correct;
    const freshHash = await this.freshHash(correct);
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
      if (issued && freshHash !== null) await this.passwords.rehash(tx, userId, freshHash);
      return issued;
    });
    return issuing.catch(async (error: unknown) => {
      const kept = await this.renewAlone(correct, freshHash);
      const held = (tx: Transaction) => this.credentials.hasHash(tx, userId, kept);
      return this.refused.follow(error, { ...correct, stillHolds: held }, origin);
    });
  }

  /**
   * Stores the new hash of a login that needs something besides the password, whose transaction was rolled back. Returns the
   * hash that is stored now.
   */
  private async renewAlone({ userId, hash }: CorrectPassword, freshHash: string | null): Promise<string> {
    if (freshHash === null) return hash;
    const isRenewed = await this.transactions.run(async (tx) => {
      const holds = await this.credentials.hasHash(tx, userId, hash);
      if (holds) await this.passwords.rehash(tx, userId, freshHash);
      return holds;
    });
    return isRenewed ? freshHash : hash;
  }

  /**
   * Returns a new hash if the cost or the pepper of the stored one is outdated; null otherwise, and if the queue is full, so that a
   * later login renews it.
   */
  private async freshHash({ password, hash }: CorrectPassword): Promise<string | null> {
    if (!this.hasher.isOutdated(hash)) return null;
    return this.hasher.hash(password).catch(() => null);
  }
}
