import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AuthErrors } from '../auth.errors.js';
import { clientOf } from './pending-logins.js';

const LIFETIME_MS = 5 * 60_000;

/**
 * The challenges of sign-ins by passkey. The account is not known before the response, so they are bound to the user agent
 * alone; they live for five minutes and five attempts.
 */
@Injectable()
export class PasskeySignInChallenges {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
    private readonly transactions: TransactionRunner,
  ) {
    this.purpose = purposes.register('passkey_challenge');
  }

  async issue(origin: Origin): Promise<string> {
    const { token } = await this.transactions.run((tx) =>
      this.secrets.issue(tx, {
        purpose: this.purpose,
        subject: null,
        emailDigest: null,
        fingerprint: null,
        context: clientOf(origin),
        payload: null,
        lifetimeMs: LIFETIME_MS,
        replaces: false,
      }),
    );
    return token;
  }

  /** Counts an attempt and commits it, before the response is verified. Throws `invalid_challenge`. */
  async attempt(token: string, origin: Origin): Promise<void> {
    const use = { purpose: this.purpose, token, context: clientOf(origin) };
    if (!(await this.secrets.attempt(use))) throw new Problem(AuthErrors.invalid_challenge);
  }

  /** Uses the challenge up in the transaction of the session. Throws `invalid_challenge`. */
  async spend(tx: Transaction, token: string, origin: Origin): Promise<void> {
    const use = { purpose: this.purpose, token, context: clientOf(origin) };
    if (!(await this.secrets.spend(tx, use))) throw new Problem(AuthErrors.invalid_challenge);
  }
}
