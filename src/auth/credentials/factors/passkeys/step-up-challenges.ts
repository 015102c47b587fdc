import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../../platform/access/principal.js';
import { type Transaction, TransactionRunner } from '../../../../platform/database/transaction-runner.js';
import { Problem } from '../../../../platform/errors/problem.js';
import { type RegisteredPurpose, SecretPurposes } from '../../../../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../../../../platform/secrets/single-use-secrets.js';
import { SessionErrors } from '../../../../sessions/session.errors.js';
import { credentialFingerprintOf } from '../../../../users/credential-fingerprint.js';
import { UsersService } from '../../../../users/users.service.js';
import { AuthErrors } from '../../../auth.errors.js';

const LIFETIME_MS = 5 * 60_000;

/**
 * The challenges of step-ups by passkey. Each is bound to its session and to the credentials of the account, and lives for
 * five minutes and five attempts.
 */
@Injectable()
export class StepUpChallenges {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
  ) {
    this.purpose = purposes.register('step_up_challenge');
  }

  /** Throws `session_ended` if the account is gone. */
  async issue({ userId, sessionId }: SessionPrincipal): Promise<string> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user) throw new Problem(SessionErrors.session_ended);
      const { token } = await this.secrets.issue(tx, {
        purpose: this.purpose,
        subject: userId,
        emailDigest: null,
        fingerprint: credentialFingerprintOf(user),
        context: sessionId,
        payload: null,
        lifetimeMs: LIFETIME_MS,
        replaces: false,
      });
      return token;
    });
  }

  /** Counts an attempt and commits it, before the response is verified. Throws `invalid_challenge`. */
  async attempt(token: string, { sessionId }: SessionPrincipal): Promise<void> {
    const use = { purpose: this.purpose, token, context: sessionId };
    if (!(await this.secrets.attempt(use))) throw new Problem(AuthErrors.invalid_challenge);
  }

  /** Uses the challenge up in the transaction that stores the proof. Throws `invalid_challenge`. */
  async spend(tx: Transaction, token: string, { userId, sessionId }: SessionPrincipal): Promise<void> {
    const spent = await this.secrets.spend(tx, {
      purpose: this.purpose,
      token,
      context: sessionId,
      state: async () => {
        const user = await this.users.lock(tx, userId);
        return user && { fingerprint: credentialFingerprintOf(user), emailDigest: null };
      },
    });
    if (!spent) throw new Problem(AuthErrors.invalid_challenge);
  }
}
